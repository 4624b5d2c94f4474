/**
 * Reads the drawn digit with the most recently trained or loaded net.
 *
 * @module
 */
import { type nn, noGrad, tensor, tidy } from "@tenfold/tenfold";
import { makeNet, sideOf, type Task } from "./nets.ts";

/** What a net says of an image. */
export interface Reading {
  readonly digit: number;
  readonly scores: Float32Array;
  readonly hidden: Float32Array;
}

/** A net that reads images of digits. */
export class Reader {
  readonly task: "digits" | "mnist";
  readonly #model: nn.Sequential;

  /**
   * @throws {Error} If the state is not of a net for digits that this page
   * makes; the message says what does not fit.
   */
  constructor(state: nn.StateDict) {
    const shape = state["0.weight"]?.shape;
    const task = (["digits", "mnist"] as const).find((task) =>
      shape?.[1] === sideOf(task) ** 2
    );
    if (shape === undefined || task === undefined) {
      throw new TypeError(
        `Cannot read digits with this net as the shape of "0.weight" must be [hidden units, 64] or [hidden units, 784]: got ${
          shape === undefined ? "no such tensor" : `[${shape.join(", ")}]`
        }`,
      );
    }
    this.task = task;
    this.#model = makeNet(task as Task, shape[0]!);
    this.#model.loadStateDict(state);
  }

  /** Width and height of its images. */
  get side(): number {
    return sideOf(this.task);
  }

  async read(image: Float32Array): Promise<Reading> {
    const [scores, hidden] = tidy(() =>
      noGrad(() => {
        const x = tensor(image, { shape: [1, image.length] });
        const [first, act, last] = [...this.#model];
        const hidden = act!.forward(first!.forward(x));
        return [last!.forward(hidden).softmax(1), hidden];
      })
    );
    try {
      const values = await scores.data() as Float32Array;
      return {
        digit: values.indexOf(Math.max(...values)),
        scores: values,
        hidden: await hidden.data() as Float32Array,
      };
    } finally {
      scores.dispose();
      hidden.dispose();
    }
  }

  dispose(): void {
    this.#model.dispose();
  }
}
