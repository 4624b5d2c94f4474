/**
 * Schedules that multiply the learning rate by a factor.
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
 * Options of {@linkcode StepLR}.
 *
 * @example A tenth after every 2 steps
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const options: optim.StepLROptions = { stepSize: 2 };
 * const schedule = new optim.StepLR(optimizer, options);
 * for (let step = 0; step < 2; step++) {
 *   optimizer.step();
 *   schedule.step();
 * }
 * assertAlmostEquals(optimizer.paramGroups[0]?.lr ?? 0, 0.01, 1e-9);
 * ```
 */
export interface StepLROptions extends SchedulerOptions {
  /** Period of the decay, in steps. */
  readonly stepSize: number;
  /** Factor by which the learning rate is multiplied. @default {0.1} */
  readonly gamma?: number;
}

const stepSchema = () =>
  z.strictObject({
    stepSize: positiveInteger,
    gamma: z._default(finite, 0.1),
    lastEpoch: z._default(lastEpoch, -1),
  });

/**
 * Multiplies the learning rate by `gamma` every `stepSize` steps.
 *
 * @example Halve it every second step
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { SGD, StepLR } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 8 });
 * const schedule = new StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
 * const lrs = [];
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   lrs.push(optimizer.paramGroups[0].lr);
 *   schedule.step();
 * }
 * assertEquals(lrs, [8, 8, 4, 4]);
 * ```
 */
export class StepLR extends LRScheduler {
  /** Period of the decay, in steps. */
  readonly stepSize: number;
  /** Factor by which the learning rate is multiplied. */
  readonly gamma: number;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options The period or the milestones, `gamma` and `lastEpoch`.
   */
  constructor(optimizer: Optimizer, options: StepLROptions) {
    const parsed = parseArguments(
      stepSchema,
      { optimizer },
      options,
      arguments,
      "make a StepLR",
    );
    super(optimizer, parsed.lastEpoch);
    this.stepSize = parsed.stepSize;
    this.gamma = parsed.gamma;
    this.begin();
  }

  /** The learning rate of each group. */
  protected override nextLrs(): number[] {
    const falls = this.lastEpoch > 0 && this.lastEpoch % this.stepSize === 0;
    return this.lrs().map((lr) => falls ? lr * this.gamma : lr);
  }
}

/**
 * Options of {@linkcode MultiStepLR}.
 *
 * @example Halved at steps 1 and 3
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const options: optim.MultiStepLROptions = {
 *   milestones: [1, 3],
 *   gamma: 0.5,
 * };
 * const schedule = new optim.MultiStepLR(optimizer, options);
 * for (let step = 0; step < 3; step++) {
 *   optimizer.step();
 *   schedule.step();
 * }
 * assertAlmostEquals(optimizer.paramGroups[0]?.lr ?? 0, 0.025, 1e-9);
 * ```
 */
export interface MultiStepLROptions extends SchedulerOptions {
  /** Steps at which the learning rate changes; one listed twice counts twice. */
  readonly milestones: readonly number[];
  /** Factor by which the learning rate is multiplied. @default {0.1} */
  readonly gamma?: number;
}

const multiStepSchema = () =>
  z.strictObject({
    milestones: z.readonly(z.array(
      z.int("must be an integer"),
      "must be an array of integers",
    )),
    gamma: z._default(finite, 0.1),
    lastEpoch: z._default(lastEpoch, -1),
  });

/**
 * Multiplies the learning rate by `gamma` at each milestone.
 *
 * @example A tenth from step 2 on
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { MultiStepLR, SGD } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 1 });
 * const schedule = new MultiStepLR(optimizer, { milestones: [2] });
 * schedule.step();
 * schedule.step();
 * assertEquals(schedule.lrs(), [0.1]);
 * ```
 */
export class MultiStepLR extends LRScheduler {
  /** Steps at which the learning rate changes. */
  readonly milestones: readonly number[];
  /** Factor by which the learning rate is multiplied. */
  readonly gamma: number;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options The period or the milestones, `gamma` and `lastEpoch`.
   */
  constructor(optimizer: Optimizer, options: MultiStepLROptions) {
    const parsed = parseArguments(
      multiStepSchema,
      { optimizer },
      options,
      arguments,
      "make a MultiStepLR",
    );
    super(optimizer, parsed.lastEpoch);
    this.milestones = parsed.milestones;
    this.gamma = parsed.gamma;
    this.begin();
  }

  /** The learning rate of each group. */
  protected override nextLrs(): number[] {
    const times = this.milestones.filter((m) => m === this.lastEpoch).length;
    return this.lrs().map((lr) => lr * this.gamma ** times);
  }
}

/**
 * Options of {@linkcode ExponentialLR}.
 *
 * @example A tenth less in each step
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const options: optim.ExponentialLROptions = { gamma: 0.9 };
 * const schedule = new optim.ExponentialLR(optimizer, options);
 * for (let step = 0; step < 2; step++) {
 *   optimizer.step();
 *   schedule.step();
 * }
 * assertAlmostEquals(optimizer.paramGroups[0]?.lr ?? 0, 0.081, 1e-9);
 * ```
 */
export interface ExponentialLROptions extends SchedulerOptions {
  /** Factor by which the learning rate is multiplied in each step. */
  readonly gamma: number;
}

const exponentialSchema = () =>
  z.strictObject({
    gamma: finite,
    lastEpoch: z._default(lastEpoch, -1),
  });

/**
 * Multiplies the learning rate by `gamma` in each step.
 *
 * @example Half of it in each epoch
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { ExponentialLR, SGD } from "@tenfold/optim";
 *
 * const optimizer = new SGD([randn([2]).requiresGrad_()], { lr: 1 });
 * const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
 * scheduler.step();
 * assertEquals(optimizer.paramGroups[0].lr, 0.5);
 * ```
 */
export class ExponentialLR extends LRScheduler {
  /** Factor by which the learning rate is multiplied. */
  readonly gamma: number;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `gamma` and `lastEpoch`.
   */
  constructor(optimizer: Optimizer, options: ExponentialLROptions) {
    const parsed = parseArguments(
      exponentialSchema,
      { optimizer },
      options,
      arguments,
      "make an ExponentialLR",
    );
    super(optimizer, parsed.lastEpoch);
    this.gamma = parsed.gamma;
    this.begin();
  }

  /** The learning rate of each group. */
  protected override nextLrs(): number[] {
    const factor = this.lastEpoch === 0 ? 1 : this.gamma;
    return this.lrs().map((lr) => lr * factor);
  }
}
