/**
 * Schedules that anneal the learning rate.
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
 * Options of {@linkcode CosineAnnealingLR}.
 *
 * @example Down to 0.001 in 10 steps
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const options: optim.CosineAnnealingLROptions = {
 *   tMax: 10,
 *   etaMin: 0.001,
 * };
 * const schedule = new optim.CosineAnnealingLR(optimizer, options);
 * for (let step = 0; step < 10; step++) {
 *   optimizer.step();
 *   schedule.step();
 * }
 * assertAlmostEquals(optimizer.paramGroups[0]?.lr ?? 0, 0.001, 1e-9);
 * ```
 */
export interface CosineAnnealingLROptions extends SchedulerOptions {
  /** Number of steps from the largest to the smallest learning rate. */
  readonly tMax: number;
  /** The smallest learning rate. @default {0} */
  readonly etaMin?: number;
}

const cosineSchema = () =>
  z.strictObject({
    tMax: positiveInteger,
    etaMin: z._default(finite, 0),
    lastEpoch: z._default(lastEpoch, -1),
  });

/**
 * Cosine annealing: the learning rate falls along a cosine for `tMax` steps, and
 * rises again after them (Loshchilov and Hutter, 2016):
 * `etaMin + (lr₀ - etaMin) (1 + cos(π t / tMax)) / 2`.
 *
 * @example Halfway down
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { CosineAnnealingLR, SGD } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 1 });
 * const schedule = new CosineAnnealingLR(optimizer, { tMax: 4 });
 * schedule.step();
 * schedule.step();
 * assertAlmostEquals(schedule.lrs()[0], 0.5, 1e-12);
 * ```
 */
export class CosineAnnealingLR extends LRScheduler {
  /** Number of steps from the largest to the smallest learning rate. */
  readonly tMax: number;
  /** The smallest learning rate. */
  readonly etaMin: number;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `tMax`, `etaMin` and `lastEpoch`.
   */
  constructor(optimizer: Optimizer, options: CosineAnnealingLROptions) {
    const parsed = parseArguments(
      cosineSchema,
      { optimizer },
      options,
      arguments,
      "make a CosineAnnealingLR",
    );
    super(optimizer, parsed.lastEpoch);
    this.tMax = parsed.tMax;
    this.etaMin = parsed.etaMin;
    this.begin();
  }

  /** The learning rate of each group. */
  protected override nextLrs(): number[] {
    const { lastEpoch: t, tMax, etaMin } = this;
    const lrs = this.lrs();
    if (t === 0) return lrs;
    const cos = (step: number) => 1 + Math.cos(Math.PI * step / tMax);
    return lrs.map((lr, i) => {
      const height = this.baseLrs[i]! - etaMin;
      if (this.resuming) return etaMin + height * cos(t) / 2;
      if ((t - 1 - tMax) % (2 * tMax) === 0) {
        // The step before was at the bottom, where a ratio says nothing.
        return lr + height * (1 - Math.cos(Math.PI / tMax)) / 2;
      }
      return cos(t) / cos(t - 1) * (lr - etaMin) + etaMin;
    });
  }
}

/**
 * Options of {@linkcode LinearLR}.
 *
 * @example Warm-up in 4 steps
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const options: optim.LinearLROptions = {
 *   startFactor: 0.25,
 *   totalIters: 4,
 * };
 * const schedule = new optim.LinearLR(optimizer, options);
 * for (let step = 0; step < 4; step++) {
 *   optimizer.step();
 *   schedule.step();
 * }
 * assertAlmostEquals(optimizer.paramGroups[0]?.lr ?? 0, 0.1, 1e-9);
 * ```
 */
export interface LinearLROptions extends SchedulerOptions {
  /** Factor of the learning rate at the first step. @default {1/3} */
  readonly startFactor?: number;
  /** Factor of the learning rate from step `totalIters` on. @default {1} */
  readonly endFactor?: number;
  /** Number of steps until the factor is `endFactor`. @default {5} */
  readonly totalIters?: number;
}

const between = "must be a number from 0 to 1";
const linearSchema = () =>
  z.strictObject({
    startFactor: z._default(
      z.number(between).check(z.gt(0, "must be above 0"), z.lte(1, between)),
      1 / 3,
    ),
    endFactor: z._default(
      z.number(between).check(z.gte(0, between), z.lte(1, between)),
      1,
    ),
    totalIters: z._default(positiveInteger, 5),
    lastEpoch: z._default(lastEpoch, -1),
  });

/**
 * Changes the factor of the learning rate linearly from `startFactor` to
 * `endFactor`, as for a warm-up.
 *
 * @example A warm-up
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { LinearLR, SGD } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 1 });
 * const schedule = new LinearLR(optimizer, {
 *   startFactor: 0.5,
 *   totalIters: 2,
 * });
 * assertAlmostEquals(schedule.lrs()[0], 0.5, 1e-12);
 * schedule.step();
 * assertAlmostEquals(schedule.lrs()[0], 0.75, 1e-12);
 * ```
 */
export class LinearLR extends LRScheduler {
  /** Factor of the learning rate at the first step. */
  readonly startFactor: number;
  /** Factor of the learning rate from step `totalIters` on. */
  readonly endFactor: number;
  /** Number of steps until the factor is `endFactor`. */
  readonly totalIters: number;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `startFactor`, `endFactor`, `totalIters` and `lastEpoch`.
   */
  constructor(optimizer: Optimizer, options: LinearLROptions = {}) {
    const parsed = parseArguments(
      linearSchema,
      { optimizer },
      options,
      arguments,
      "make a LinearLR",
    );
    super(optimizer, parsed.lastEpoch);
    this.startFactor = parsed.startFactor;
    this.endFactor = parsed.endFactor;
    this.totalIters = parsed.totalIters;
    this.begin();
  }

  /** The learning rate of each group. */
  protected override nextLrs(): number[] {
    const { lastEpoch: t, startFactor, endFactor, totalIters } = this;
    const lrs = this.lrs();
    if (t === 0) return lrs.map((lr) => lr * startFactor);
    if (t > totalIters) return lrs;
    const rise = endFactor - startFactor;
    const before = totalIters * startFactor + (t - 1) * rise;
    return lrs.map((lr) => lr * (1 + rise / before));
  }
}
