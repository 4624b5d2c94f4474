/**
 * The subset of a data set that a rank trains on.
 *
 * @module
 */
import { checkCount, parseArguments } from "@tenfold/core/internal";
import type { Dataset } from "@tenfold/data";
import { countUp, permutation, STREAM } from "@tenfold/data/internal";
import * as z from "zod/mini";

/**
 * The index and number of ranks, such as the world that `init` returns.
 *
 * @example The second of four ranks
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, ones } from "@tenfold/tenfold";
 * import { DistributedSampler, type Ranks } from "@tenfold/distributed";
 *
 * const ranks: Ranks = { rank: 1, worldSize: 4 };
 * const dataset = new data.TensorDataset(ones([8, 2]));
 * assertEquals(new DistributedSampler(dataset, ranks).length, 2);
 * ```
 */
export interface Ranks {
  /** Index of this rank, from 0. */
  readonly rank: number;
  /** Number of ranks. */
  readonly worldSize: number;
}

/**
 * Options of {@linkcode DistributedSampler}.
 *
 * @example No sample twice
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, ones } from "@tenfold/tenfold";
 * import {
 *   DistributedSampler,
 *   type DistributedSamplerOptions,
 * } from "@tenfold/distributed";
 *
 * const options: DistributedSamplerOptions = { dropLast: true, seed: 1 };
 * const dataset = new data.TensorDataset(ones([9, 2]));
 * const ranks = { rank: 0, worldSize: 4 };
 * assertEquals(new DistributedSampler(dataset, ranks, options).length, 2);
 * ```
 */
export interface DistributedSamplerOptions {
  /**
   * Whether samples are shuffled in each epoch, in the same order on all ranks.
   *
   * @default {true}
   */
  readonly shuffle?: boolean;
  /**
   * Seed of the shuffling; it must be the same on all ranks.
   *
   * @default {0}
   */
  readonly seed?: number;
  /**
   * Whether the last samples are dropped if their number is not divisible by
   * the number of ranks. Otherwise some of the first ones are repeated, so that
   * each rank has the same number.
   *
   * @default {false}
   */
  readonly dropLast?: boolean;
}

const schema = z.strictObject({
  shuffle: z._default(z.boolean("must be true or false"), true),
  seed: z._default(
    z.int("must be an integer from 0 on").check(
      z.gte(0, "must be an integer from 0 on"),
    ),
    0,
  ),
  dropLast: z._default(z.boolean("must be true or false"), false),
});

/**
 * The samples of a data set that belong to this rank: in the order of an epoch,
 * every `worldSize`-th one, starting with the `rank`-th. It is a data set
 * itself, for a `DataLoader` (without `shuffle`), which sets its epoch;
 * iterating over it yields the indices of the samples.
 *
 * The batches of all ranks together are those of
 * `new DataLoader(dataset, { batchSize: worldSize * batchSize, shuffle: true, seed })`
 * on one rank, except for the samples that fill up the last ones.
 *
 * @typeParam Sample The type of a sample.
 *
 * @example The half of rank 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DistributedSampler } from "@tenfold/distributed";
 *
 * const letters = { length: 5, get: (i: number) => "abcde"[i] };
 * const ranks = { rank: 1, worldSize: 2 };
 * const part = new DistributedSampler(letters, ranks, { shuffle: false });
 * assertEquals([...part], [1, 3, 0]);
 * assertEquals(part.get(1), "d");
 * ```
 */
export class DistributedSampler<Sample = unknown> implements Dataset<Sample> {
  /** The whole data set. */
  readonly dataset: Dataset<Sample>;
  /** Number of samples of this rank, the same on all ranks. */
  readonly length: number;
  /** Present if the data set has it; see `Dataset.getBatch`. */
  readonly getBatch?: (indices: Int32Array) => unknown;
  readonly #ranks: Ranks;
  readonly #shuffle: boolean;
  readonly #seed: number;
  #order: Int32Array;

  /**
   * Creates a sampler of the samples of this rank.
   *
   * @param dataset The data set.
   * @param ranks Which rank this is: the world that `init` returns.
   * @param options `shuffle`, `seed` and `dropLast`.
   * @throws {TypeError} If an option is unknown or of the wrong type, or
   * `dataset` is not a data set.
   * @throws {RangeError} If an option has a wrong value, or there are no samples.
   */
  constructor(
    dataset: Dataset<Sample>,
    ranks: Ranks,
    options: DistributedSamplerOptions = {},
  ) {
    const action = "make a DistributedSampler";
    const { shuffle, seed, dropLast } = parseArguments(
      schema,
      { dataset, ranks },
      options,
      arguments,
      action,
    );
    const length = Object(dataset).length;
    if (!Number.isInteger(length) || typeof dataset.get !== "function") {
      throw new TypeError(
        `Cannot ${action} as a data set must have a length and a get method`,
      );
    }
    const { rank, worldSize } = Object(ranks) as Partial<Ranks>;
    if (
      !Number.isInteger(rank) || !Number.isInteger(worldSize) || rank! < 0 ||
      rank! >= worldSize!
    ) {
      throw new RangeError(
        `Cannot ${action} as ranks must have a rank and a worldSize: got rank ${rank} of ${worldSize}`,
      );
    }
    this.dataset = dataset;
    this.#ranks = ranks;
    this.#shuffle = shuffle;
    this.#seed = seed;
    this.length = dropLast
      ? Math.floor(length / worldSize!)
      : Math.ceil(length / worldSize!);
    if (this.length === 0) {
      throw new RangeError(
        `Cannot ${action} as no sample is left for a rank: got ${length} samples for ${worldSize} ranks`,
      );
    }
    this.#order = this.#orderOf(0);
    if (dataset.getBatch !== undefined) {
      this.getBatch = (picked) =>
        dataset.getBatch!(picked.map((i) => this.#order[i]!));
    }
  }

  /**
   * One sample of this rank, or a promise of it.
   *
   * @param index From 0 to `length - 1`.
   * @throws {RangeError} If the index is out of range.
   */
  get(index: number): Sample | Promise<Sample> {
    checkCount("get", arguments.length, 1);
    const at = this.#order[index];
    if (at === undefined) {
      throw new RangeError(
        `Cannot get a sample as the index is out of range: got ${index}, expected 0 to ${
          this.length - 1
        }`,
      );
    }
    return this.dataset.get(at);
  }

  /**
   * Sets the epoch, on which the order depends; a `DataLoader` calls it.
   *
   * @param epoch The epoch, from 0.
   */
  setEpoch(epoch: number): void {
    checkCount("setEpoch", arguments.length, 1);
    this.#order = this.#orderOf(epoch);
    this.dataset.setEpoch?.(epoch);
  }

  /** The indices of this rank's samples, in order. */
  *[Symbol.iterator](): Generator<number, void, undefined> {
    yield* this.#order;
  }

  /** Indices of this epoch that fall to this rank. */
  #orderOf(epoch: number): Int32Array {
    const { rank, worldSize } = this.#ranks;
    const { length } = this.dataset;
    const all = this.#shuffle
      ? permutation(length, this.#seed, STREAM.loader, epoch)
      : countUp(length);
    return Int32Array.from(
      { length: this.length },
      (_, i) => all[(rank + i * worldSize) % length]!,
    );
  }
}
