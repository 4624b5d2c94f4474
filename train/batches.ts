/**
 * Batches, as `fit` and `evaluate` take them.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";

/**
 * One batch: the inputs of the model, and last the targets, all with the
 * samples along dim 0.
 *
 * @example Inputs and targets of eight samples
 * ```ts
 * import { randn, train, zeros } from "@tenfold/tenfold";
 *
 * const batch: train.Batch = [randn([8, 4]), zeros([8], { dtype: "int32" })];
 * ```
 */
export type Batch = readonly Tensor[];

/**
 * Batches, epoch after epoch: a `DataLoader`, an array, or anything that can be
 * iterated anew for each epoch. With a `length`, the remaining time is known.
 *
 * The batches of a `DataLoader` are released after their step; those of
 * anything else belong to whoever made them.
 *
 * @example An array of batches
 * ```ts
 * import { nn, randn, train } from "@tenfold/tenfold";
 *
 * const batches: train.Batches = [
 *   [randn([8, 4]), randn([8, 1])],
 *   [randn([8, 4]), randn([8, 1])],
 * ];
 * const model = new nn.Linear(4, 1);
 * const { loss } = await train.evaluate(model, batches, {
 *   loss: nn.functional.mseLoss,
 * });
 * ```
 */
export type Batches = (AsyncIterable<Batch> | Iterable<Batch>) & {
  readonly length?: number;
};
