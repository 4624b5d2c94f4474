/**
 * Batches, as `fit` and `evaluate` take them.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";

/**
 * One batch: the inputs of the model, and last the targets, all with the
 * samples along dim 0.
 */
export type Batch = readonly Tensor[];

/**
 * Batches, epoch after epoch: a `DataLoader`, an array, or anything that can be
 * iterated anew for each epoch. With a `length`, the remaining time is known.
 *
 * The batches of a `DataLoader` are released after their step; those of
 * anything else belong to whoever made them.
 */
export type Batches = (AsyncIterable<Batch> | Iterable<Batch>) & {
  readonly length?: number;
};
