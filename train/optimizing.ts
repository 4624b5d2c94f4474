/**
 * What `fit` needs of optimizers and schedules.
 *
 * @module
 */

/** An optimizer: one of `@tenfold/optim`, or one of your own. */
export interface Optimizing {
  /** Changes the parameters by their gradients. */
  step(): unknown;
  /** Forgets the gradients. */
  zeroGrad(): void;
  /** The groups of parameters with their options, such as `lr`. */
  readonly paramGroups: readonly { readonly lr?: number }[];
  /** What the next steps depend on: plain values and tensors. */
  stateDict(): object;
  /** Goes on from a state that was saved. */
  loadStateDict(state: never): void;
}

/** A schedule of the learning rate: one of `@tenfold/optim`, or your own. */
export interface Scheduling {
  /** Sets the learning rate of the next epoch or step. */
  step(metric?: number): void;
  /** What the next steps depend on: plain values. */
  stateDict(): object;
  /** Goes on from a state that was saved. */
  loadStateDict(state: never): void;
}

/** A schedule, and when it steps. */
export interface SchedulerOptions {
  /** The schedule. */
  readonly schedule: Scheduling;
  /**
   * Whether it steps after each epoch or after each step of the optimizer.
   *
   * @default {"step" for `OneCycleLR`, "epoch" for others}
   */
  readonly every?: "epoch" | "step";
  /**
   * The figure that the schedule is told after each epoch, such as
   * `ReduceLROnPlateau` needs.
   *
   * @default {"validation.loss", or "train.loss" without validation}
   */
  readonly monitor?: string;
}
