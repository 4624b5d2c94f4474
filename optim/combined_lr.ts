/**
 * Schedules made of several.
 *
 * @module
 */
import { checkCount, parseArguments, showValue } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { passing } from "./_schedule.ts";
import { LRScheduler, type SchedulerState } from "./lr_scheduler.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * The state of a schedule of several.
 *
 * @example The states of two schedules
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const schedule = new optim.ChainedScheduler([
 *   new optim.LinearLR(optimizer),
 *   new optim.ExponentialLR(optimizer, { gamma: 0.9 }),
 * ]);
 * const state: optim.CombinedState = schedule.stateDict();
 * assertEquals(state.schedulers.length, 2);
 * ```
 */
export interface CombinedState extends SchedulerState {
  /** The states of its schedules. */
  readonly schedulers: readonly SchedulerState[];
}

/** A schedule as one that is made of it moves it on: it records nothing. */
interface Part {
  lastEpoch: number;
  advance(): void;
  restart(): void;
}

/** The schedules, to be moved on. */
const partsOf = ({ schedulers }: CombinedLR): Part[] =>
  schedulers as unknown as Part[];

/**
 * The base class of schedules that combine others.
 *
 * @example The schedules that act together
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const optimizer = new optim.SGD([tensor(0)], { lr: 1 });
 * const schedule = new optim.ChainedScheduler([
 *   new optim.ExponentialLR(optimizer, { gamma: 0.5 }),
 *   new optim.StepLR(optimizer, { stepSize: 1, gamma: 0.1 }),
 * ]);
 * assertEquals(schedule.schedulers.length, 2);
 * schedule.step();
 * assertEquals(schedule.lrs(), [0.05]);
 * ```
 */
export abstract class CombinedLR extends LRScheduler {
  /** It steps after each batch where one of its schedules does. */
  override readonly every: "epoch" | "step";
  readonly #name: string;
  /** The schedules. */
  readonly schedulers: readonly LRScheduler[];

  /** Checks that there are schedules, all of one optimizer. */
  constructor(
    name: string,
    schedulers: readonly LRScheduler[],
    given?: Optimizer,
  ) {
    const refuse = (why: string) =>
      new TypeError(`Cannot make a ${name} as ${why}`);
    if (!Array.isArray(schedulers) || schedulers.length === 0) {
      throw refuse(
        `it must have an array of schedules: got ${showValue(schedulers)}`,
      );
    }
    const odd = schedulers.find((one) => !(one instanceof LRScheduler));
    if (odd !== undefined) {
      throw refuse(
        `it takes schedules that follow the step alone: got ${showValue(odd)}`,
      );
    }
    const optimizer: Optimizer = given ?? schedulers[0]!.optimizer;
    if (schedulers.some((one) => one.optimizer !== optimizer)) {
      throw refuse("its schedules must be of one optimizer");
    }
    super(optimizer, -1);
    this.#name = name;
    this.schedulers = [...schedulers];
    this.every = this.schedulers.some(({ every }) => every === "step")
      ? "step"
      : "epoch";
    this.baseLrs = optimizer.paramGroups.map(({ initialLr, lr }) =>
      initialLr ?? lr
    );
  }

  /** The learning rates, which the schedules have set. */
  protected override nextLrs(): number[] {
    return this.lrs();
  }

  /** The state, with those of its schedules. */
  override stateDict(): CombinedState {
    checkCount("stateDict", arguments.length, 0);
    const schedulers = this.schedulers.map((one) => one.stateDict());
    return { ...super.stateDict(), schedulers };
  }

  /**
   * Restores the state of another schedule of the same schedules.
   *
   * @param state The result of `stateDict`.
   * @throws {RangeError} If the number of schedules or groups differs.
   */
  override loadStateDict(state: CombinedState): void {
    checkCount("loadStateDict", arguments.length, 1);
    const { schedulers } = state;
    if (
      !Array.isArray(schedulers) ||
      schedulers.length !== this.schedulers.length
    ) {
      throw new RangeError(
        `Cannot load the state of a ${this.#name} as it must have the states of ${this.schedulers.length} schedules: got ${
          Array.isArray(schedulers) ? schedulers.length : showValue(schedulers)
        }`,
      );
    }
    const before = this.schedulers.map((one) => one.stateDict());
    try {
      this.schedulers.forEach((one, i) => one.loadStateDict(schedulers[i]!));
      super.loadStateDict(state);
    } catch (error) {
      this.schedulers.forEach((one, i) => one.loadStateDict(before[i]!));
      throw error;
    }
  }
}

/**
 * Options of {@linkcode SequentialLR}.
 *
 * @example Warm-up, then a cosine
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const options: optim.SequentialLROptions = {
 *   schedulers: [
 *     new optim.LinearLR(optimizer, { totalIters: 5 }),
 *     new optim.CosineAnnealingLR(optimizer, { tMax: 95 }),
 *   ],
 *   milestones: [5],
 * };
 * const schedule = new optim.SequentialLR(optimizer, options);
 * ```
 */
export interface SequentialLROptions {
  /** The schedules, in the order in which they follow each other. */
  readonly schedulers: readonly LRScheduler[];
  /** The steps at which each but the first begins. */
  readonly milestones: readonly number[];
}

const schema = () =>
  z.strictObject({
    schedulers: passing<readonly LRScheduler[]>(
      Array.isArray,
      "must be an array of schedules",
    ),
    milestones: z.readonly(z.array(
      z.int("must be an integer"),
      "must be an array of integers",
    )),
  });

/**
 * Schedules one after another, each from its start, such as a warm-up and a decay.
 * To go on with training, load its state.
 *
 * @example A warm-up, then cosine annealing
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import {
 *   CosineAnnealingLR,
 *   LinearLR,
 *   SequentialLR,
 *   SGD,
 * } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 1 });
 * const schedule = new SequentialLR(optimizer, {
 *   schedulers: [
 *     new LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 }),
 *     new CosineAnnealingLR(optimizer, { tMax: 4 }),
 *   ],
 *   milestones: [2],
 * });
 * for (const expected of [0.5, 0.75, 1, 0.853553, 0.5]) {
 *   assertAlmostEquals(schedule.lrs()[0], expected, 1e-6);
 *   schedule.step();
 * }
 * ```
 */
export class SequentialLR extends CombinedLR {
  /** The steps at which each schedule but the first begins. */
  readonly milestones: readonly number[];

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `schedulers` and `milestones`.
   * @throws {TypeError} If the schedules are not of this optimizer.
   * @throws {RangeError} If there is not one milestone fewer than schedules, in
   * ascending order.
   */
  constructor(optimizer: Optimizer, options: SequentialLROptions) {
    const { schedulers, milestones } = parseArguments(
      schema,
      { optimizer },
      options,
      arguments,
      "make a SequentialLR",
    );
    if (milestones.length !== schedulers.length - 1) {
      throw new RangeError(
        `Cannot make a SequentialLR as there must be one milestone fewer than schedules: got ${milestones.length} for ${schedulers.length}`,
      );
    }
    if (milestones.some((step, i) => step <= (milestones[i - 1] ?? 0))) {
      throw new RangeError(
        `Cannot make a SequentialLR as milestones must be ascending, from 1 on: got [${
          milestones.join(", ")
        }]`,
      );
    }
    super("SequentialLR", schedulers, optimizer);
    this.milestones = milestones;
    // Each has set rates when it was made: the first one alone counts.
    this.restart();
  }

  /** Goes back to the start of the first schedule. */
  override restart(): void {
    checkCount("restart", arguments.length, 0);
    this.lastEpoch = 0;
    partsOf(this)[0]!.restart();
  }

  /** Moves on the schedule whose turn it is. */
  protected override advance(): void {
    const next = this.lastEpoch + 1;
    const begun = this.milestones.filter((step) => step <= next).length;
    const part = partsOf(this)[begun]!;
    if (begun > 0 && this.milestones[begun - 1] === next) part.restart();
    else part.advance();
    super.advance();
  }
}

/**
 * Several schedules that act together, one step of each.
 *
 * @example A warm-up and a decay at once
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import {
 *   ChainedScheduler,
 *   ConstantLR,
 *   ExponentialLR,
 *   SGD,
 * } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 8 });
 * const schedule = new ChainedScheduler([
 *   new ConstantLR(optimizer, { factor: 0.5, totalIters: 2 }),
 *   new ExponentialLR(optimizer, { gamma: 0.5 }),
 * ]);
 * const lrs = [];
 * for (let step = 0; step < 4; step++) {
 *   lrs.push(schedule.lrs()[0]);
 *   schedule.step();
 * }
 * assertEquals(lrs, [4, 2, 2, 1]);
 * ```
 */
export class ChainedScheduler extends CombinedLR {
  /**
   * Creates the schedule.
   *
   * @param schedulers The schedules, in the order in which they step.
   * @throws {TypeError} If they are not of one optimizer.
   */
  constructor(schedulers: readonly LRScheduler[]) {
    checkCount("new ChainedScheduler", arguments.length, 1);
    super("ChainedScheduler", schedulers);
    this.lastEpoch = Math.max(...schedulers.map((one) => one.lastEpoch));
  }

  /** Goes back to the start of each schedule. */
  override restart(): void {
    checkCount("restart", arguments.length, 0);
    this.rewind();
    for (const part of partsOf(this)) {
      part.lastEpoch = -1;
      part.advance();
    }
    this.lastEpoch = 0;
  }

  /** Moves on each schedule. */
  protected override advance(): void {
    for (const part of partsOf(this)) part.advance();
    super.advance();
  }
}
