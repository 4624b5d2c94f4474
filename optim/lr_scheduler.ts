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
import type { Optimizer } from "./optimizer.ts";

/** What a schedule remembers: plain values. */
export interface SchedulerState {
  /** How many steps were taken. */
  readonly lastEpoch: number;
  /** The learning rate of each group at the start. */
  readonly baseLrs: readonly number[];
}

/** Options that all schedules have. */
export interface SchedulerOptions {
  /**
   * How many steps were taken when training goes on; -1 at the start.
   *
   * @default {-1}
   */
  readonly lastEpoch?: number;
}

/**
 * Changes the learning rates of an optimizer, step by step. Each rate comes
 * from the one before, so that several schedules may act on one optimizer.
 * Call {@linkcode LRScheduler.step} after the optimizer's.
 */
export abstract class LRScheduler {
  /** Whose learning rates it changes. */
  readonly optimizer: Optimizer;
  /** How many steps were taken. */
  lastEpoch: number;
  /** The learning rate of each group at the start. */
  protected baseLrs: number[] = [];
  /** True in the step that going on from `lastEpoch` takes. */
  protected resuming = false;

  /**
   * Takes an optimizer.
   *
   * @param optimizer Whose learning rates it changes.
   * @param lastEpoch How many steps were taken, or -1.
   * @throws {RangeError} If training goes on and no start is known.
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

  /** The learning rate of every group at `lastEpoch`, from those before. */
  protected abstract nextLrs(): number[];

  /** The learning rate of each group at present. */
  lrs(): number[] {
    checkCount("lrs", arguments.length, 0);
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** What it remembers. The optimizer remembers the learning rates. */
  stateDict(): SchedulerState {
    checkCount("stateDict", arguments.length, 0);
    return { lastEpoch: this.lastEpoch, baseLrs: [...this.baseLrs] };
  }

  /**
   * Goes on from where another schedule of the same options was.
   *
   * @param state What `stateDict` gave.
   * @throws {RangeError} If it is of another number of groups.
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
