/**
 * What all learning-rate schedules have in common.
 *
 * @module
 */
import {
  checkCount,
  currentRecording,
  showValue,
} from "@tenfold/core/internal";
import { ratesOf } from "./_rates.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * The state of a schedule: plain values.
 *
 * @example Saved and loaded
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const schedule = new optim.StepLR(optimizer, { stepSize: 10 });
 * const state: optim.SchedulerState = schedule.stateDict();
 * assertEquals(state, { lastEpoch: 0, baseLrs: [0.1] });
 * schedule.loadStateDict(state);
 * ```
 */
export interface SchedulerState {
  /** Number of steps taken. */
  readonly lastEpoch: number;
  /** Initial learning rate of each group. */
  readonly baseLrs: readonly number[];
}

/**
 * Options that all schedules have.
 *
 * @example A schedule that goes on at step 100
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.01 });
 * optimizer.paramGroups[0].initialLr = 0.1;
 * const resumed: optim.SchedulerOptions = { lastEpoch: 99 };
 * const schedule = new optim.StepLR(optimizer, { stepSize: 30, ...resumed });
 * ```
 */
export interface SchedulerOptions {
  /**
   * Number of steps taken before, where training is resumed; -1 for a new start.
   *
   * @default {-1}
   */
  readonly lastEpoch?: number;
}

/**
 * The base of learning-rate schedules. Each learning rate is computed from the
 * one before, so that several schedules may act on one optimizer. Call
 * {@linkcode LRScheduler.step} after the step of the optimizer.
 *
 * @example Any schedule, epoch by epoch
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, optim } from "@tenfold/tenfold";
 *
 * const x = ones([2], { requiresGrad: true });
 * const optimizer = new optim.SGD([x], { lr: 1 });
 * const schedule: optim.LRScheduler = new optim.ExponentialLR(optimizer, {
 *   gamma: 0.5,
 * });
 * schedule.step();
 * assertEquals(optimizer.paramGroups[0].lr, 0.5);
 * ```
 */
export abstract class LRScheduler {
  /** The optimizer whose learning rates it changes. */
  readonly optimizer: Optimizer;
  /** Number of steps taken. */
  lastEpoch: number;
  /** Whether it is meant to step after each epoch or after each batch. */
  readonly every: "epoch" | "step" = "epoch";
  /** Initial learning rate of each group. */
  protected baseLrs: number[] = [];
  /** True in the step that going on from `lastEpoch` takes. */
  protected resuming = false;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param lastEpoch Number of steps taken before, or -1 for a new start.
   * @throws {RangeError} If training is resumed and a group has no `initialLr`.
   */
  constructor(optimizer: Optimizer, lastEpoch: number) {
    this.optimizer = optimizer;
    this.lastEpoch = lastEpoch;
    optimizer.paramGroups.forEach((group, i) => {
      if (lastEpoch === -1) group.initialLr ??= group.lr;
      else if (group.initialLr === undefined) {
        throw new RangeError(
          `Cannot go on from step ${lastEpoch} as group ${i} has no initialLr: load the state of the optimizer first, or set it`,
        );
      }
    });
  }

  /**
   * Takes the step to the start, or to where training goes on. Constructors
   * call it once their options are set.
   */
  protected begin(): void {
    this.baseLrs = this.optimizer.paramGroups.map(({ initialLr, lr }) =>
      initialLr ?? lr
    );
    this.resuming = this.lastEpoch >= 0;
    this.advance();
    this.resuming = false;
  }

  /** Sets the learning rates of the next step. */
  step(): void {
    // Who steps all kinds alike passes the figure that some look at.
    checkCount("step", arguments.length, 1);
    currentRecording()?.effect(() => this.advance());
    this.advance();
  }

  /** Goes back to the start, and to the learning rates there. */
  restart(): void {
    checkCount("restart", arguments.length, 0);
    this.rewind();
    this.lastEpoch = -1;
    this.advance();
  }

  /** Puts the initial learning rates back. */
  protected rewind(): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = this.baseLrs[i] ?? group.initialLr ?? group.lr;
    });
  }

  /** Counts a step and sets the learning rates. */
  protected advance(): void {
    const { optimizer: { paramGroups }, baseLrs } = this;
    const known = baseLrs.length;
    // Groups that joined the optimizer since start from what they have.
    for (const { initialLr, lr } of paramGroups.slice(known)) {
      baseLrs.push(initialLr ?? lr);
    }
    this.lastEpoch++;
    try {
      const lrs = this.nextLrs();
      paramGroups.forEach((group, i) => {
        group.lr = lrs[i]!;
        group.initialLr ??= baseLrs[i]!;
      });
    } catch (error) {
      this.lastEpoch--;
      baseLrs.length = known;
      throw error;
    }
  }

  /** The learning rate of each group at step `lastEpoch`. */
  protected abstract nextLrs(): number[];

  /** The current learning rate of each group. */
  lrs(): [number, ...number[]] {
    checkCount("lrs", arguments.length, 0);
    return ratesOf(this.optimizer);
  }

  /** The state; the learning rates are part of the state of the optimizer. */
  stateDict(): SchedulerState {
    checkCount("stateDict", arguments.length, 0);
    return { lastEpoch: this.lastEpoch, baseLrs: [...this.baseLrs] };
  }

  /**
   * Restores the state of another schedule of the same options.
   *
   * @param state The result of `stateDict`.
   * @throws {RangeError} If the number of groups differs.
   */
  loadStateDict(state: SchedulerState): void {
    checkCount("loadStateDict", arguments.length, 1);
    const { lastEpoch, baseLrs } = state;
    const groups = this.optimizer.paramGroups.length;
    if (
      !Number.isInteger(lastEpoch) || !Array.isArray(baseLrs) ||
      baseLrs.length !== groups ||
      !baseLrs.every((lr) => typeof lr === "number")
    ) {
      throw new RangeError(
        `Cannot load the state of a schedule as it must have lastEpoch and one of baseLrs for each group: got ${
          showValue(lastEpoch)
        } and ${showValue(baseLrs)} for ${groups} groups`,
      );
    }
    this.lastEpoch = lastEpoch;
    this.baseLrs = [...baseLrs];
  }
}
