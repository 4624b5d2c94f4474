/**
 * One step of training: forward, backward and the optimizer's step, the last
 * only if what came out is finite where that is asked for.
 *
 * @module
 */
import {
  noGradNow,
  scope,
  stack,
  type Task,
  type Tensor,
  tensor,
} from "@tenfold/core";
import { clipGradNorm_ } from "@tenfold/optim";
import type { Settings } from "./_fit_options.ts";
import { partsOf } from "./_iterate.ts";
import type { Tally } from "./_tally.ts";
import type { Batch } from "./batches.ts";
import type { Model } from "./model.ts";

/** What a step has computed before the optimizer changes anything. */
interface Computed {
  readonly output: Tensor;
  readonly target: Tensor;
  readonly loss: Tensor;
}

/** Takes the steps of a run. */
export class Stepper {
  readonly #model: Model;
  readonly #settings: Settings;
  readonly #tally: Tally;

  constructor(model: Model, settings: Settings, tally: Tally) {
    this.#model = model;
    this.#settings = settings;
    this.#tally = tally;
  }

  /** One step on the `number`-th batch of its epoch, whatever comes out. */
  learn(batch: Batch, number: number): void {
    using _ = scope();
    this.#take(this.#compute(batch), number);
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
    try {
      const buffers = this.#model.buffers();
      const { before, computed, verdict } = task.pin(() => {
        const before = noGradNow(() => buffers.map((buffer) => buffer.clone()));
        const computed = this.#compute(batch);
        const verdict = noGradNow(() => this.#verdict(computed.loss));
        return { before, computed, verdict };
      });
      const { readSync } = verdict.device.backend;
      const read = readSync ? verdict.dataSync() : await verdict.data();
      const [loss, gradients] = [read[0]!, read[1]!];
      if (Number.isFinite(loss) && gradients === 1) {
        task.pin(() => this.#take(computed, number));
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

  #compute(batch: Batch): Computed {
    const { loss: lossOf, optimizer, clipGradNorm } = this.#settings;
    const { inputs, target } = partsOf(batch, "fit");
    optimizer.zeroGrad();
    const output = this.#model.forward(...inputs as never[]);
    const loss = lossOf(output, target);
    loss.backward();
    if (clipGradNorm !== undefined) {
      clipGradNorm_(this.#model.parameters(), clipGradNorm);
    }
    return { output, target, loss };
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

  #take({ loss, output, target }: Computed, number: number): void {
    this.#settings.optimizer.step();
    this.#tally.add(loss, output, target, number);
  }
}
