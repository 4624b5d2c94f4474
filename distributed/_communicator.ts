/**
 * Collectives of host arrays, as everything above needs them.
 *
 * @module
 */

/**
 * Elements in memory of the host.
 *
 * @example What a communicator reduces
 * ```ts
 * import type { HostArray } from "@tenfold/distributed";
 *
 * const elements: HostArray = Float32Array.of(1, 2, 3);
 * ```
 */
export type HostArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint8Array;

/**
 * How values of several ranks become one.
 *
 * @example The largest of all ranks
 * ```ts
 * import type { Reduction } from "@tenfold/distributed";
 *
 * const reduction: Reduction = "max";
 * ```
 */
export type Reduction = "sum" | "max" | "min";

/**
 * A collective that has begun. Its arrays stay untouched until it is done.
 *
 * @example Work while a collective is under way
 * ```ts
 * import type { Communicator, Pending } from "@tenfold/distributed";
 *
 * function reduceSum(ranks: Communicator, elements: Float32Array): void {
 *   const pending: Pending = ranks.allReduce(elements, "sum");
 *   // compute something else here
 *   ranks.wait(pending, "sum");
 * }
 * ```
 */
export interface Pending {
  /** Makes progress without waiting; returns true once it is done. */
  done(): boolean;
  /** Number of its parts that are done, if it has several. */
  readonly passed?: number;
}

/**
 * The ranks of a job.
 *
 * @example The mean of a number over the ranks
 * ```ts
 * import type { Communicator } from "@tenfold/distributed";
 *
 * function mean(ranks: Communicator, value: number): number {
 *   const sum = Float64Array.of(value);
 *   ranks.wait(ranks.allReduce(sum, "sum"), "mean");
 *   return (sum[0] ?? 0) / ranks.size;
 * }
 * ```
 */
export interface Communicator {
  /** Index of this rank, from 0. */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /** Name of the library, for messages. */
  readonly library: string;
  /**
   * Begins to reduce in place; `waits` tells that the caller waits for it before
   * anything else, so that not all of it has to begin at once.
   */
  allReduce(data: HostArray, reduction: Reduction, waits?: boolean): Pending;
  /**
   * Begins to collect `data` of all ranks, one after the other; `counts` tells
   * how many elements each rank has where they differ.
   */
  allGather(
    data: HostArray,
    into: HostArray,
    counts?: readonly number[],
  ): Pending;
  /** Begins to copy the elements of one rank to all. */
  broadcast(data: HostArray, from: number): Pending;
  /**
   * Begins to reduce, each rank keeping its own part; `counts` tells how many
   * elements each rank keeps where they differ.
   */
  reduceScatter(
    data: HostArray,
    into: HostArray,
    reduction: Reduction,
    counts?: readonly number[],
  ): Pending;
  /** Begins to wait for all ranks. */
  barrier(): Pending;
  /**
   * Waits until a collective is done.
   *
   * @throws {RankError} If another rank has failed or left.
   */
  wait(pending: Pending, operation: string): void;
  /**
   * Looks whether another rank has failed.
   *
   * @throws {RankError} If one has.
   */
  check(operation: string): void;
  /** Tells the others why this rank cannot go on, and ends the job. */
  fail(cause: unknown): void;
  /** Leaves, once all ranks do. */
  finalize(): void;
}

const DONE: Pending = { done: () => true };

/** A world of one rank, which needs no library. */
export class Alone implements Communicator {
  readonly rank = 0;
  readonly size = 1;
  readonly library = "none";

  allReduce(): Pending {
    return DONE;
  }

  allGather(data: HostArray, into: HostArray): Pending {
    into.set(data);
    return DONE;
  }

  broadcast(): Pending {
    return DONE;
  }

  reduceScatter(data: HostArray, into: HostArray): Pending {
    into.set(data);
    return DONE;
  }

  barrier(): Pending {
    return DONE;
  }

  wait(): void {}

  check(): void {}

  fail(): void {}

  finalize(): void {}
}
