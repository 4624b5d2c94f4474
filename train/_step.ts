/**
 * One step of training: forward, backward and the optimizer's step, the last
 * only if what came out is finite where that is asked for.
 *
 * @module
 */
import { scope, stack, type Tensor, tensor } from "@tenfold/core";
import { noGradNow, type Task, tidyNow } from "@tenfold/core/internal";
import { clipGradNorm_ } from "@tenfold/optim";
import type { Settings } from "./_fit_options.ts";
import { partsOf } from "./_iterate.ts";
import type { Tally } from "./_tally.ts";
import type { Batch } from "./batches.ts";
import type { Model } from "./model.ts";

/** What a step has computed. */
interface Computed {
  /** Null where no metric looks at it. */
  readonly output: Tensor | null;
  readonly loss: Tensor;
}

/** What a step has computed before the optimizer changes anything. */
interface Checked extends Computed {
  /** The loss, and 1 where all gradients are finite, else 0. */
  readonly verdict: Tensor;
}

/** A step as a function of a batch's parts. */
type Step<T> = ((inputs: Tensor[], target: Tensor) => T) & {
  dispose?(): void;
};

/** Takes the steps of a run. */
export class Stepper {
  readonly #model: Model;
  readonly #settings: Settings;
  readonly #tally: Tally;
  #whole: Step<Computed>;
  #checked: Step<Checked>;

  constructor(model: Model, settings: Settings, tally: Tally) {
    this.#model = model;
    this.#settings = settings;
    this.#tally = tally;
    this.#whole = (inputs, target) => {
      const computed = this.#compute(inputs, target);
      settings.optimizer.step();
      return computed;
    };
    this.#checked = (inputs, target) => {
      const computed = this.#compute(inputs, target);
      const verdict = noGradNow(() => this.#verdict(computed.loss));
      return { ...computed, verdict };
    };
  }

  /** Has steps recorded and replayed; what does that is loaded here. */
  async compile(): Promise<void> {
    const { compile } = await import("@tenfold/core/compile");
    this.#whole = compile(this.#whole);
    this.#checked = compile(this.#checked);
  }

  /** One step on the `number`-th batch of its epoch, whatever comes out. */
  learn(batch: Batch, number: number): void {
    tidyNow(() => {
      const { inputs, target } = partsOf(batch, "fit");
      this.#count(this.#whole(inputs, target), target, number);
    });
  }

  /**
   * One step, unless the loss or a gradient is not finite. Reads the device
   * once.
   *
   * @returns What is not finite, in words, and then nothing has changed; else
   * `null`.
   */
  async learnChecked(
    batch: Batch,
    number: number,
    task: Task,
  ): Promise<string | null> {
    const inner = task.pin(() => scope());
    const { inputs, target } = partsOf(batch, "fit");
    try {
      const buffers = this.#model.buffers();
      const { before, verdict, ...computed } = task.pin(() => {
        const before = noGradNow(() => buffers.map((buffer) => buffer.clone()));
        return { before, ...this.#checked(inputs, target) };
      });
      const { readSync } = verdict.device.backend;
      const read = readSync ? verdict.dataSync() : await verdict.data();
      const [loss, gradients] = [read[0]!, read[1]!];
      if (Number.isFinite(loss) && gradients === 1) {
        task.pin(() => {
          this.#settings.optimizer.step();
          this.#count(computed, target, number);
        });
        return null;
      }
      task.pin(() => {
        noGradNow(() => buffers.forEach((to, i) => to.copy_(before[i]!)));
        this.#settings.optimizer.zeroGrad();
      });
      return Number.isFinite(loss)
        ? "a gradient is not finite"
        : `the loss is not finite, ${loss},`;
    } finally {
      task.pin(() => inner.dispose());
    }
  }

  /** Gives back what compiled steps hold. */
  dispose(): void {
    this.#whole.dispose?.();
    this.#checked.dispose?.();
  }

  #compute(inputs: Tensor[], target: Tensor): Computed {
    const { loss: lossOf, optimizer, clipGradNorm, metrics } = this.#settings;
    optimizer.zeroGrad();
    const output = this.#model.forward(...inputs as never[]);
    const loss = lossOf(output, target);
    loss.backward();
    if (clipGradNorm !== undefined) {
      clipGradNorm_(this.#model.parameters(), clipGradNorm);
    }
    return { output: metrics.length > 0 ? output : null, loss };
  }

  /** The loss, and 1 where all gradients are finite, else 0. */
  #verdict(loss: Tensor): Tensor {
    const { device, dtype } = loss;
    const finite = this.#model.parameters().flatMap(({ grad }) =>
      grad ? [grad.isFinite().all()] : []
    );
    const all = finite.length > 0
      ? stack(finite).all().cast(dtype)
      : tensor(1, { device, dtype });
    return stack([loss.reshape([]), all]);
  }

  #count({ loss, output }: Computed, target: Tensor, number: number): void {
    this.#tally.add(loss, output ?? loss, target, number);
  }
}
