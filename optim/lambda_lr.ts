/**
 * Schedules by custom functions.
 *
 * @module
 */
import { parseArguments, showValue } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { forGroups } from "./_cycle.ts";
import { lastEpoch, passing } from "./_schedule.ts";
import { LRScheduler, type SchedulerOptions } from "./lr_scheduler.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * The factor of the learning rate at a step, from 0 on.
 *
 * @example A warm-up of ten steps
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const warmUp: optim.LRFactor = (step) => Math.min(1, (step + 1) / 10);
 * const schedule = new optim.LambdaLR(optimizer, { lrLambda: warmUp });
 * ```
 */
export type LRFactor = (step: number) => number;

/**
 * Options of {@linkcode LambdaLR} and {@linkcode MultiplicativeLR}.
 *
 * @example Divided by the number of the epoch
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const options: optim.LambdaLROptions = {
 *   lrLambda: (epoch) => 1 / (epoch + 1),
 * };
 * const schedule = new optim.LambdaLR(optimizer, options);
 * optimizer.step();
 * schedule.step();
 * assertAlmostEquals(optimizer.paramGroups[0]?.lr ?? 0, 0.05, 1e-9);
 * ```
 */
export interface LambdaLROptions extends SchedulerOptions {
  /** The factor as a function of the step, for all groups or one for each. */
  readonly lrLambda: LRFactor | readonly LRFactor[];
}

const isFunction = (value: unknown) => typeof value === "function";
const schema = () =>
  z.strictObject({
    lrLambda: passing<LRFactor | readonly LRFactor[]>(
      (value) =>
        isFunction(value) || (Array.isArray(value) && value.every(isFunction)),
      "must be a function, or one for each group",
    ),
    lastEpoch: z._default(lastEpoch, -1),
  });

/**
 * The base class of schedules that are functions of the step.
 *
 * @example Half the learning rate with each step
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const optimizer = new optim.SGD([tensor(0)], { lr: 1 });
 * const schedule = new optim.LambdaLR(optimizer, {
 *   lrLambda: (step) => 0.5 ** step,
 * });
 * schedule.step();
 * assertEquals(schedule.lrs(), [0.5]);
 * ```
 */
export abstract class FunctionLR extends LRScheduler {
  readonly #name: string;
  readonly #factors: LRFactor | readonly LRFactor[];

  /** Checks the options. */
  constructor(
    name: string,
    optimizer: Optimizer,
    options: LambdaLROptions,
    given: ArrayLike<unknown>,
  ) {
    const operation = `make a ${name}`;
    const parsed = parseArguments(
      schema,
      { optimizer },
      options,
      given,
      operation,
    );
    const { length } = optimizer.paramGroups;
    forGroups(operation, "lrLambda", parsed.lrLambda, length, "function");
    super(optimizer, parsed.lastEpoch);
    this.#name = name;
    this.#factors = parsed.lrLambda;
    this.begin();
  }

  /** The factor of each group at the step that is due. */
  protected factors(): number[] {
    const { length } = this.optimizer.paramGroups;
    const operation = `step a ${this.#name}`;
    const all = forGroups(
      operation,
      "lrLambda",
      this.#factors,
      length,
      "function",
    );
    return all.map((fn) => {
      const value: unknown = fn(this.lastEpoch);
      if (typeof value === "number") return value;
      throw new TypeError(
        `Cannot step a ${this.#name} as lrLambda must give a number: got ${
          showValue(value)
        } for step ${this.lastEpoch}`,
      );
    });
  }
}

/**
 * Multiplies the initial learning rate by a function of the step.
 *
 * @example A warm-up and a decay
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { LambdaLR, SGD } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 8 });
 * const schedule = new LambdaLR(optimizer, {
 *   lrLambda: (step) => Math.min((step + 1) / 4, 0.5 ** (step - 3)),
 * });
 * const lrs = [];
 * for (let step = 0; step < 6; step++) {
 *   lrs.push(schedule.lrs()[0]);
 *   schedule.step();
 * }
 * assertEquals(lrs, [2, 4, 6, 8, 4, 2]);
 * ```
 */
export class LambdaLR extends FunctionLR {
  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `lrLambda` and `lastEpoch`.
   * @throws {RangeError} If there is not one function for each group.
   */
  constructor(optimizer: Optimizer, options: LambdaLROptions) {
    super("LambdaLR", optimizer, options, arguments);
  }

  /** The learning rate of each group. */
  protected override nextLrs(): number[] {
    return this.factors().map((factor, i) => this.baseLrs[i]! * factor);
  }
}

/**
 * Multiplies the learning rate in each step by a function of the step.
 *
 * @example A rate that falls ever faster
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { MultiplicativeLR, SGD } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 24 });
 * const schedule = new MultiplicativeLR(optimizer, {
 *   lrLambda: (step) => 1 / step,
 * });
 * for (let step = 0; step < 4; step++) schedule.step();
 * assertEquals(schedule.lrs(), [1]);
 * ```
 */
export class MultiplicativeLR extends FunctionLR {
  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `lrLambda` and `lastEpoch`.
   * @throws {RangeError} If there is not one function for each group.
   */
  constructor(optimizer: Optimizer, options: LambdaLROptions) {
    super("MultiplicativeLR", optimizer, options, arguments);
  }

  /** The learning rate of each group. */
  protected override nextLrs(): number[] {
    const lrs = this.lrs();
    if (this.lastEpoch === 0) return lrs;
    return this.factors().map((factor, i) => lrs[i]! * factor);
  }

  /** Goes on from the rates that are there. */
  protected override rewind(): void {}
}
