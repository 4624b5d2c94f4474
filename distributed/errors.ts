/**
 * The errors of distributed training.
 *
 * @module
 */

/**
 * Thrown if MPI is not found, is not the library of the launcher, or returns an
 * error.
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
 * Thrown if another rank has failed, has left or has timed out, so that the job
 * cannot continue.
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
  /** The rank that failed; null if unknown. */
  readonly rank: number | null;

  /**
   * Creates an error about a rank.
   *
   * @param message The message.
   * @param rank The rank, or null.
   */
  constructor(message: string, rank: number | null) {
    super(message);
    this.rank = rank;
  }
}

/**
 * Thrown if ranks have called different collectives, or the same one with
 * different shapes, dtypes or options.
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
