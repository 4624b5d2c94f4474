/**
 * The schedule of stochastic weight averaging.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { forGroups } from "./_cycle.ts";
import { finite } from "./_options.ts";
import { lastEpoch } from "./_schedule.ts";
import { LRScheduler, type SchedulerOptions } from "./lr_scheduler.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Options of {@linkcode SWALR}.
 *
 * @example To 0.05 in 2 steps
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const options: optim.SWALROptions = {
 *   swaLr: 0.05,
 *   annealEpochs: 2,
 * };
 * const schedule = new optim.SWALR(optimizer, options);
 * for (let step = 0; step < 2; step++) {
 *   optimizer.step();
 *   schedule.step();
 * }
 * assertAlmostEquals(optimizer.paramGroups[0]?.lr ?? 0, 0.05, 1e-9);
 * ```
 */
export interface SWALROptions extends SchedulerOptions {
  /** The learning rate in the end, of all groups or one for each. */
  readonly swaLr: number | readonly number[];
  /** Number of steps until it is reached. @default {10} */
  readonly annealEpochs?: number;
  /** Annealing by a cosine (`"cos"`) or linearly (`"linear"`). @default {"cos"} */
  readonly annealStrategy?: "cos" | "linear";
}

const natural = "must be an integer from 0 on";
const schema = () =>
  z.strictObject({
    swaLr: z.union(
      [finite, z.readonly(z.array(finite))],
      "must be a number, or one for each group",
    ),
    annealEpochs: z._default(z.int(natural).check(z.gte(0, natural)), 10),
    annealStrategy: z._default(
      z.enum(["cos", "linear"], 'must be "cos" or "linear"'),
      "cos",
    ),
    lastEpoch: z._default(lastEpoch, -1),
  });

/**
 * Anneals the learning rate to a constant one, as for stochastic weight averaging
 * (Izmailov and others, 2018).
 *
 * @example Halfway to the constant rate
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { SGD, SWALR } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 1 });
 * const schedule = new SWALR(optimizer, { swaLr: 0.5, annealEpochs: 2 });
 * schedule.step();
 * assertAlmostEquals(schedule.lrs()[0], 0.75, 1e-12);
 * ```
 */
export class SWALR extends LRScheduler {
  /** The learning rate in the end, of all groups or one for each. */
  readonly swaLr: number | readonly number[];
  /** Number of steps until it is reached. */
  readonly annealEpochs: number;
  readonly #share: (t: number) => number;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `swaLr`, `annealEpochs`, `annealStrategy` and `lastEpoch`.
   * @throws {RangeError} If there is not one rate for each group.
   */
  constructor(optimizer: Optimizer, options: SWALROptions) {
    const parsed = parseArguments(
      schema,
      { optimizer },
      options,
      arguments,
      "make a SWALR",
    );
    const { length } = optimizer.paramGroups;
    forGroups("make a SWALR", "swaLr", parsed.swaLr, length);
    super(optimizer, parsed.lastEpoch);
    this.swaLr = parsed.swaLr;
    this.annealEpochs = parsed.annealEpochs;
    this.#share = parsed.annealStrategy === "cos"
      ? (t) => (1 - Math.cos(Math.PI * t)) / 2
      : (t) => t;
    this.begin();
  }

  /** The learning rate of each group. */
  protected override nextLrs(): number[] {
    const lrs = this.lrs();
    const ends = forGroups("step a SWALR", "swaLr", this.swaLr, lrs.length);
    const whole = Math.max(1, this.annealEpochs);
    const step = this.annealEpochs === 0
      ? Math.max(1, this.lastEpoch)
      : this.lastEpoch;
    const share = (step: number) =>
      this.#share(Math.max(0, Math.min(1, step / whole)));
    const [before, now] = [share(step - 1), share(step)];
    return lrs.map((lr, i) => {
      const end = ends[i]!;
      const start = before === 1 ? end : (lr - before * end) / (1 - before);
      return end * now + start * (1 - now);
    });
  }
}
