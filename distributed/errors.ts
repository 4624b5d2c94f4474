/**
 * The errors of distributed training.
 *
 * @module
 */

/**
 * MPI was not found, is not the one of the launcher, or refused a call.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MpiError } from "@tenfold/distributed";
 *
 * assertEquals(new MpiError("Cannot find MPI").name, "MpiError");
 * ```
 */
export class MpiError extends Error {
  /** Always `"MpiError"`. */
  override name = "MpiError";
}

/**
 * Another rank has failed, has left, or did not come in time: the job cannot go
 * on.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RankError } from "@tenfold/distributed";
 *
 * assertEquals(new RankError("Rank 1 of 2 failed", 1).rank, 1);
 * ```
 */
export class RankError extends Error {
  /** Always `"RankError"`. */
  override name = "RankError";
  /** The rank that failed; null where it is not known. */
  readonly rank: number | null;

  /**
   * Makes an error about a rank.
   *
   * @param message What has happened.
   * @param rank The rank, or null.
   */
  constructor(message: string, rank: number | null) {
    super(message);
    this.rank = rank;
  }
}

/**
 * Ranks have called different collectives, or the same one with different
 * shapes, dtypes or options.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CollectiveError } from "@tenfold/distributed";
 *
 * assertEquals(new CollectiveError("Cannot allReduce").name, "CollectiveError");
 * ```
 */
export class CollectiveError extends TypeError {
  /** Always `"CollectiveError"`. */
  override name = "CollectiveError";
}
