/**
 * What `fit` needs of optimizers and schedules.
 *
 * @module
 */

/**
 * An optimizer: one of `@tenfold/optim`, or one of your own.
 *
 * @example A function that takes any optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, optim, train } from "@tenfold/tenfold";
 *
 * function rateOf(optimizer: train.Optimizing): number | undefined {
 *   return optimizer.paramGroups[0]?.lr;
 * }
 * const model = new nn.Linear(2, 1);
 * assertEquals(rateOf(new optim.SGD(model.parameters(), { lr: 0.1 })), 0.1);
 * ```
 */
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

/**
 * A schedule of the learning rate: one of `@tenfold/optim`, or your own.
 *
 * @example A schedule of your own
 * ```ts
 * import { optim, train } from "@tenfold/tenfold";
 *
 * class Halving implements train.Scheduling {
 *   constructor(readonly optimizer: optim.SGD) {}
 *   step() {
 *     for (const group of this.optimizer.paramGroups) group.lr /= 2;
 *   }
 *   stateDict() {
 *     return {};
 *   }
 *   loadStateDict() {}
 * }
 * ```
 */
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

/**
 * A schedule, and when it steps.
 *
 * @example A schedule that follows the validation accuracy
 * ```ts
 * import { nn, optim, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(2, 1);
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
 * const scheduler: train.SchedulerOptions = {
 *   schedule: new optim.ReduceLROnPlateau(optimizer, { mode: "max" }),
 *   monitor: "validation.accuracy",
 * };
 * ```
 */
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
