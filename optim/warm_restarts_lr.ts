/**
 * Cosine annealing with warm restarts.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { finite, positiveInteger } from "./_options.ts";
import { lastEpoch } from "./_schedule.ts";
import { LRScheduler, type SchedulerOptions } from "./lr_scheduler.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Options of {@linkcode CosineAnnealingWarmRestarts}.
 *
 * @example Periods of 2, 4, 8 … steps
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const options: optim.CosineAnnealingWarmRestartsOptions = {
 *   t0: 2,
 *   tMult: 2,
 * };
 * const schedule = new optim.CosineAnnealingWarmRestarts(optimizer, options);
 * for (let step = 0; step < 2; step++) {
 *   optimizer.step();
 *   schedule.step();
 * }
 * assertAlmostEquals(optimizer.paramGroups[0]?.lr ?? 0, 0.1, 1e-9);
 * ```
 */
export interface CosineAnnealingWarmRestartsOptions extends SchedulerOptions {
  /** Number of steps until the first restart. */
  readonly t0: number;
  /** Factor by which each period is longer than the one before. @default {1} */
  readonly tMult?: number;
  /** The smallest learning rate. @default {0} */
  readonly etaMin?: number;
}

const schema = () =>
  z.strictObject({
    t0: positiveInteger,
    tMult: z._default(positiveInteger, 1),
    etaMin: z._default(finite, 0),
    lastEpoch: z._default(lastEpoch, -1),
  });

/**
 * Cosine annealing with warm restarts (Loshchilov and Hutter, 2016): the learning
 * rate falls along half a cosine and begins anew, each period `tMult` times as
 * long as the one before:
 * `etaMin + (lr₀ - etaMin) (1 + cos(π tCur / tPeriod)) / 2`.
 *
 * @example Periods of two and of four steps
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { CosineAnnealingWarmRestarts, SGD } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 1 });
 * const schedule = new CosineAnnealingWarmRestarts(optimizer, {
 *   t0: 2,
 *   tMult: 2,
 * });
 * for (const expected of [1, 0.5, 1, 0.853553, 0.5, 0.146447, 1]) {
 *   assertAlmostEquals(schedule.lrs()[0], expected, 1e-6);
 *   schedule.step();
 * }
 * ```
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  /** Number of steps until the first restart. */
  readonly t0: number;
  /** Factor by which each period is longer than the one before. */
  readonly tMult: number;
  /** The smallest learning rate. */
  readonly etaMin: number;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `t0`, `tMult`, `etaMin` and `lastEpoch`.
   */
  constructor(
    optimizer: Optimizer,
    options: CosineAnnealingWarmRestartsOptions,
  ) {
    const parsed = parseArguments(
      schema,
      { optimizer },
      options,
      arguments,
      "make a CosineAnnealingWarmRestarts",
    );
    super(optimizer, parsed.lastEpoch);
    this.t0 = parsed.t0;
    this.tMult = parsed.tMult;
    this.etaMin = parsed.etaMin;
    this.begin();
  }

  /** The learning rate of each group. */
  protected override nextLrs(): number[] {
    const { t0, tMult, etaMin } = this;
    let [t, period] = [this.lastEpoch, t0];
    if (tMult === 1) t %= t0;
    for (; t >= period; period *= tMult) t -= period;
    const height = (1 + Math.cos(Math.PI * t / period)) / 2;
    return this.baseLrs.map((lr) => etaMin + (lr - etaMin) * height);
  }
}
