/**
 * Schedules that reach the learning rate, or 0, after a number of steps.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { nonNegative, positiveInteger } from "./_options.ts";
import { lastEpoch } from "./_schedule.ts";
import { LRScheduler, type SchedulerOptions } from "./lr_scheduler.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Options of {@linkcode ConstantLR}.
 *
 * @example Half the learning rate for 3 steps
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const options: optim.ConstantLROptions = {
 *   factor: 0.5,
 *   totalIters: 3,
 * };
 * const schedule = new optim.ConstantLR(optimizer, options);
 * for (let step = 0; step < 3; step++) {
 *   optimizer.step();
 *   schedule.step();
 * }
 * assertAlmostEquals(optimizer.paramGroups[0]?.lr ?? 0, 0.1, 1e-9);
 * ```
 */
export interface ConstantLROptions extends SchedulerOptions {
  /** Factor of the learning rate before step `totalIters`. @default {1/3} */
  readonly factor?: number;
  /** Number of steps with the factor. @default {5} */
  readonly totalIters?: number;
}

const share = "must be a number above 0 and up to 1";
const constantSchema = () =>
  z.strictObject({
    factor: z._default(
      z.number(share).check(z.gt(0, share), z.lte(1, share)),
      1 / 3,
    ),
    totalIters: z._default(positiveInteger, 5),
    lastEpoch: z._default(lastEpoch, -1),
  });

/**
 * Multiplies the learning rate by a factor for the first `totalIters` steps.
 *
 * @example Two steps at half the rate
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { ConstantLR, SGD } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 1 });
 * const schedule = new ConstantLR(optimizer, { factor: 0.5, totalIters: 2 });
 * const lrs = [];
 * for (let step = 0; step < 4; step++) {
 *   lrs.push(schedule.lrs()[0]);
 *   schedule.step();
 * }
 * assertEquals(lrs, [0.5, 0.5, 1, 1]);
 * ```
 */
export class ConstantLR extends LRScheduler {
  /** Factor of the learning rate before step `totalIters`. */
  readonly factor: number;
  /** Number of steps with the factor. */
  readonly totalIters: number;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `factor`, `totalIters` and `lastEpoch`.
   */
  constructor(optimizer: Optimizer, options: ConstantLROptions = {}) {
    const parsed = parseArguments(
      constantSchema,
      { optimizer },
      options,
      arguments,
      "make a ConstantLR",
    );
    super(optimizer, parsed.lastEpoch);
    this.factor = parsed.factor;
    this.totalIters = parsed.totalIters;
    this.begin();
  }

  /** The learning rate of each group. */
  protected override nextLrs(): number[] {
    const { lastEpoch: t, factor, totalIters } = this;
    const by = t === 0 ? factor : t === totalIters ? 1 / factor : 1;
    return this.lrs().map((lr) => lr * by);
  }
}

/**
 * Options of {@linkcode PolynomialLR}.
 *
 * @example Down to 0 as a square
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const options: optim.PolynomialLROptions = {
 *   totalIters: 2,
 *   power: 2,
 * };
 * const schedule = new optim.PolynomialLR(optimizer, options);
 * optimizer.step();
 * schedule.step();
 * assertAlmostEquals(optimizer.paramGroups[0]?.lr ?? 0, 0.025, 1e-9);
 * ```
 */
export interface PolynomialLROptions extends SchedulerOptions {
  /** Number of steps until the learning rate is 0. @default {5} */
  readonly totalIters?: number;
  /** The power of the polynomial. @default {1} */
  readonly power?: number;
}

const polynomialSchema = () =>
  z.strictObject({
    totalIters: z._default(positiveInteger, 5),
    power: z._default(nonNegative, 1),
    lastEpoch: z._default(lastEpoch, -1),
  });

/**
 * Lets the learning rate fall to 0 along `(1 - t / totalIters)^power`.
 *
 * @example A line
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { PolynomialLR, SGD } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 1 });
 * const schedule = new PolynomialLR(optimizer, { totalIters: 4 });
 * schedule.step();
 * assertAlmostEquals(schedule.lrs()[0], 0.75, 1e-12);
 * ```
 */
export class PolynomialLR extends LRScheduler {
  /** Number of steps until the learning rate is 0. */
  readonly totalIters: number;
  /** The power of the polynomial. */
  readonly power: number;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `totalIters`, `power` and `lastEpoch`.
   */
  constructor(optimizer: Optimizer, options: PolynomialLROptions = {}) {
    const parsed = parseArguments(
      polynomialSchema,
      { optimizer },
      options,
      arguments,
      "make a PolynomialLR",
    );
    super(optimizer, parsed.lastEpoch);
    this.totalIters = parsed.totalIters;
    this.power = parsed.power;
    this.begin();
  }

  /** The learning rate of each group. */
  protected override nextLrs(): number[] {
    const { lastEpoch: t, totalIters: whole, power } = this;
    const lrs = this.lrs();
    if (t === 0 || t > whole) return lrs;
    const by = ((1 - t / whole) / (1 - (t - 1) / whole)) ** power;
    return lrs.map((lr) => lr * by);
  }
}
