/**
 * One step of training: forward, backward and the optimizer's step, the last
 * only if what came out is finite where that is asked for.
 *
 * @module
 */
import { scope, stack, type Tensor, tensor } from "@tenfold/core";
import { noGradNow, type Task, tidyNow } from "@tenfold/core/internal";
import { clipGradNorm_, type GradScaler } from "@tenfold/optim";
import type { Settings } from "./_fit_options.ts";
import { partsOf } from "./_iterate.ts";
import { loadCompile } from "./_load_compile.ts";
import type { Mixed } from "./_mixed.ts";
import type { Tally } from "./_tally.ts";
import type { Batch } from "./batches.ts";
import { isSharded, type Replica } from "./distributing.ts";
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

/** The part of a step that falls to a batch, where several make one. */
interface Share {
  /** Whether it is the first, which clears the gradients. */
  readonly first: boolean;
  /** Whether it is the last, after which the optimizer steps. */
  readonly last: boolean;
}

const SHARES: readonly Share[] = [
  { first: true, last: true },
  { first: true, last: false },
  { first: false, last: false },
  { first: false, last: true },
];

/** Takes the steps of a run. */
export class Stepper {
  readonly #model: Model;
  readonly #settings: Settings;
  readonly #tally: Tally;
  readonly #whole: Map<Share, Step<Computed>>;
  readonly #checked: Map<Share, Step<Checked>>;
  readonly #replica: Replica | undefined;
  /**
   * Whether something is awaited between the backward pass and the step of the
   * optimizer: gradients are averaged over the ranks there, and not within
   * backward, or a scaler looks whether they are finite.
   */
  #apart: boolean;
  /** How steps are computed in mixed precision, where they are. */
  #mixed: Mixed | null = null;
  /** Batches whose gradients wait for the optimizer. */
  #held = 0;

  constructor(
    model: Model,
    settings: Settings,
    tally: Tally,
    replica?: Replica,
  ) {
    this.#model = model;
    this.#settings = settings;
    this.#tally = tally;
    this.#replica = replica;
    // Ranks agree on whether to step before the shards are clipped together.
    const asks = settings.onNonFinite !== "warn" &&
      isSharded(settings.optimizer);
    this.#apart = replica !== undefined &&
      (settings.compile || !replica.isOnHost || asks);
    this.#whole = new Map(SHARES.map((share) => [share, (inputs, target) => {
      const computed = this.#compute(inputs, target, share);
      if (share.last && !this.#apart) settings.optimizer.step();
      return computed;
    }]));
    this.#checked = new Map(SHARES.map((share) => [share, (inputs, target) => {
      const computed = this.#compute(inputs, target, share);
      const verdict = noGradNow(() => this.#verdict(computed.loss));
      return { ...computed, verdict };
    }]));
  }

  /** Has steps computed in mixed precision; what does that is loaded here. */
  async mix(mixedPrecision: true | GradScaler): Promise<void> {
    if (isSharded(this.#settings.optimizer)) {
      throw new TypeError(
        "Cannot fit with mixedPrecision and an optimizer in shards: leave one of them out",
      );
    }
    const { mixedWith } = await import("./_mixed.ts");
    this.#mixed = mixedWith(mixedPrecision);
    // It is read whether the gradients are finite.
    this.#apart = true;
  }

  /** What scales the loss, in mixed precision. */
  get scaler(): GradScaler | undefined {
    return this.#mixed?.scaler;
  }

  /** Has steps recorded and replayed; what does that is loaded here. */
  async compile(): Promise<void> {
    const compile = await loadCompile(this.#model);
    const { callbacks } = this.#settings;
    const read = this.#apart ||
      callbacks.some(({ readsGradients = true }) => readsGradients);
    for (const [share, step] of this.#whole) {
      // Those of a share that is not alone are read by the next one.
      const keepGradients = read || !(share.first && share.last);
      this.#whole.set(share, compile(step, { keepGradients }));
    }
    for (const [share, step] of this.#checked) {
      this.#checked.set(share, compile(step));
    }
  }

  /** Whether gradients wait for further batches. */
  get waiting(): boolean {
    return this.#held > 0;
  }

  /** The share of the next batch. */
  #share(): Share {
    const first = this.#held === 0;
    const last = this.#held + 1 === this.#settings.accumulate;
    return SHARES.find((one) => one.first === first && one.last === last)!;
  }

  /** Counts a batch. */
  #advance({ last }: Share): void {
    this.#held = last ? 0 : this.#held + 1;
  }

  /** Steps with the gradients that wait; of fewer batches than asked for. */
  async flush(task: Task): Promise<void> {
    const { optimizer, accumulate } = this.#settings;
    const factor = accumulate / this.#held;
    const groups = optimizer.paramGroups as readonly {
      readonly params?: readonly Tensor[];
    }[];
    const all = groups.flatMap(({ params = [] }) => params);
    task.pin(() =>
      noGradNow(() => {
        for (const one of new Set([...all, ...this.#model.parameters()])) {
          one.grad?.mul_(factor);
        }
      })
    );
    // Those that wait were not averaged yet.
    await this.#averageAndStep(task);
    this.#held = 0;
  }

  /** Averages the gradients over the ranks, and steps. */
  async #averageAndStep(task: Task): Promise<void> {
    const { optimizer } = this.#settings;
    await this.#replica?.synchronize();
    const scaler = this.#mixed?.scaler;
    if (scaler !== undefined) {
      task.pin(() =>
        tidyNow(() => {
          scaler.unscale_(optimizer);
          this.#clip();
        })
      );
      await task.pin(() => scaler.step(optimizer));
      task.pin(() => scaler.update());
      return;
    }
    let stepped: unknown;
    task.pin(() =>
      tidyNow(() => {
        this.#clip();
        stepped = optimizer.step();
      })
    );
    // Shards of `webgpu` are read before they go to the other ranks.
    if (isSharded(optimizer)) await stepped;
  }

  /** Takes part in the step of others, where this rank has no batch. */
  async join(task: Task): Promise<void> {
    const { optimizer, onNonFinite } = this.#settings;
    const replica = this.#replica!;
    const share = this.#share();
    await replica.syncBuffers();
    if (share.first) optimizer.zeroGrad();
    const checks = onNonFinite !== "warn";
    if (share.last && checks && !this.#apart) await replica.synchronize();
    if (checks && this.#anyRank(false)) {
      optimizer.zeroGrad();
      this.#held = 0;
      return;
    }
    if (share.last) {
      if (checks && !this.#apart) {
        task.pin(() => {
          this.#clip();
          optimizer.step();
        });
      } else await this.#averageAndStep(task);
    }
    this.#advance(share);
  }

  /** Whether something holds on any rank. */
  #anyRank(here: boolean): boolean {
    if (this.#replica === undefined) return here;
    const count = Float64Array.of(here ? 1 : 0);
    this.#replica.sum(count);
    return count[0]! > 0;
  }

  /** What falls to the `number`-th batch of its epoch, whatever comes out. */
  learn(batch: Batch, number: number, task: Task): void | Promise<void> {
    if (this.#apart) return this.#learnApart(batch, number, task);
    this.#replica?.syncBuffers();
    tidyNow(() => {
      const { inputs, target } = partsOf(batch, "fit");
      const share = this.#share();
      this.#count(this.#whole.get(share)!(inputs, target), target, number);
      this.#advance(share);
    });
  }

  /** The same, waiting for the other ranks before the optimizer steps. */
  async #learnApart(batch: Batch, number: number, task: Task): Promise<void> {
    await this.#replica?.syncBuffers();
    const inner = task.pin(() => scope());
    try {
      const { inputs, target } = partsOf(batch, "fit");
      const share = this.#share();
      task.pin(() =>
        this.#count(this.#whole.get(share)!(inputs, target), target, number)
      );
      if (share.last) await this.#averageAndStep(task);
      this.#advance(share);
    } finally {
      task.pin(() => inner.dispose());
    }
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
    await this.#replica?.syncBuffers();
    const inner = task.pin(() => scope());
    const { inputs, target } = partsOf(batch, "fit");
    const share = this.#share();
    try {
      const buffers = this.#model.buffers();
      const { before, verdict, ...computed } = task.pin(() => {
        const before = noGradNow(() => buffers.map((buffer) => buffer.clone()));
        return { before, ...this.#checked.get(share)!(inputs, target) };
      });
      const { readSync } = verdict.device.backend;
      const read = readSync ? verdict.dataSync() : await verdict.data();
      const [loss, gradients] = [read[0]!, read[1]!];
      const finite = Number.isFinite(loss) && gradients === 1;
      if (!this.#anyRank(!finite)) {
        task.pin(() => this.#count(computed, target, number));
        if (share.last) {
          if (this.#apart) await this.#averageAndStep(task);
          else task.pin(() => this.#settings.optimizer.step());
        }
        this.#advance(share);
        return null;
      }
      task.pin(() => {
        noGradNow(() => buffers.forEach((to, i) => to.copy_(before[i]!)));
        this.#settings.optimizer.zeroGrad();
        this.#held = 0;
      });
      return finite
        ? "the loss or a gradient of another rank is not finite"
        : Number.isFinite(loss)
        ? "a gradient is not finite"
        : `the loss is not finite, ${loss},`;
    } finally {
      task.pin(() => inner.dispose());
    }
  }

  /** Gives back what compiled steps hold. */
  dispose(): void {
    this.#mixed?.dispose();
    for (const steps of [this.#whole, this.#checked]) {
      for (const step of steps.values()) step.dispose?.();
    }
  }

  #compute(
    inputs: Tensor[],
    target: Tensor,
    { first, last }: Share,
  ): Computed {
    const { loss: lossOf, optimizer, accumulate, metrics } = this.#settings;
    if (first) optimizer.zeroGrad();
    const mixed = this.#mixed;
    const forward = (): { output: Tensor; loss: Tensor } => {
      const output = this.#model.forward(...inputs as never[]);
      return { output, loss: lossOf(output, target) };
    };
    const { output, loss } = mixed ? mixed.autocast(forward) : forward();
    const mean = accumulate === 1 ? loss : loss.div(accumulate);
    const share = mixed ? mixed.scaler.scale(mean) : mean;
    if (this.#replica !== undefined && (this.#apart || !last)) {
      this.#replica.noSync(() => share.backward());
    } else share.backward();
    if (last && !this.#apart) this.#clip();
    return { output: metrics.length > 0 ? output : null, loss };
  }

  #clip(): void {
    const { clipGradNorm } = this.#settings;
    if (clipGradNorm === undefined) return;
    const { optimizer } = this.#settings;
    if (isSharded(optimizer)) {
      optimizer.clipGradNorm(clipGradNorm);
      return;
    }
    clipGradNorm_(this.#model.parameters(), clipGradNorm);
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
