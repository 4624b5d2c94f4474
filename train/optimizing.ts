/**
 * What `fit` needs of optimizers and schedules.
 *
 * @module
 */

/** An optimizer: one of `@tenfold/optim`, or one of your own. */
export interface Optimizing {
  /** Updates the parameters by their gradients. */
  step(): unknown;
  /** Clears the gradients. */
  zeroGrad(): void;
  /** The groups of parameters with their options, such as `lr`. */
  readonly paramGroups: readonly { readonly lr?: number }[];
  /** The state: plain values and tensors. */
  stateDict(): object;
  /** Restores a saved state. */
  loadStateDict(state: never): void;
}

/** A schedule of the learning rate: one of `@tenfold/optim`, or your own. */
export interface Scheduling {
  /** Whether it steps after each epoch or after each step of the optimizer. */
  readonly every?: "epoch" | "step";
  /** Sets the learning rate of the next epoch or step. */
  step(metric?: number): void;
  /** The state: plain values. */
  stateDict(): object;
  /** Restores a saved state. */
  loadStateDict(state: never): void;
}

/** A schedule, and when it steps. */
export interface SchedulerOptions {
  /** The schedule. */
  readonly schedule: Scheduling;
  /**
   * Whether it steps after each epoch or after each step of the optimizer.
   *
   * @default {"step" for `OneCycleLR` and `CyclicLR`, "epoch" for others}
   */
  readonly every?: "epoch" | "step";
  /**
   * The metric that is passed to the schedule after each epoch, as
   * `ReduceLROnPlateau` needs it.
   *
   * @default {"validation.loss", or "train.loss" without validation}
   */
  readonly monitor?: string;
}
