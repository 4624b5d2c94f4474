/**
 * Orders in which a loader takes the samples of a dataset.
 *
 * @module
 */
import { checkCount, parseArguments } from "@tenfold/core/internal";
import { threefry } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { permutation, STREAM } from "./_permutation.ts";
import { drawSeed, seedOption } from "./_seed.ts";

/**
 * An order of samples, epoch by epoch. Anything with these members is one.
 *
 * @example The samples in reverse
 * ```ts
 * import { data, ones } from "@tenfold/tenfold";
 *
 * class Reversed implements data.Sampler {
 *   constructor(readonly length: number) {}
 *   indices() {
 *     return Array.from(
 *       { length: this.length },
 *       (_, i) => this.length - 1 - i,
 *     );
 *   }
 * }
 * const dataset = new data.TensorDataset(ones([4, 2]));
 * const loader = new data.DataLoader(dataset, { sampler: new Reversed(4) });
 * ```
 */
export interface Sampler {
  /** Number of samples in an epoch. */
  readonly length: number;
  /**
   * The indices of an epoch's samples, in order; the same for the same epoch.
   *
   * @param epoch The epoch, from 0 on.
   */
  indices(epoch: number): ArrayLike<number>;
}

/**
 * Batches of samples, epoch by epoch. Anything with these members is one.
 *
 * @example Batches of growing size
 * ```ts
 * import { data, ones } from "@tenfold/tenfold";
 *
 * const growing: data.BatchSource = {
 *   length: 3,
 *   batches: () => [[0], [1, 2], [3, 4, 5]],
 * };
 * const dataset = new data.TensorDataset(ones([6, 2]));
 * const loader = new data.DataLoader(dataset, { batchSampler: growing });
 * ```
 */
export interface BatchSource {
  /** Number of batches in an epoch. */
  readonly length: number;
  /**
   * The indices of the samples of each batch of an epoch.
   *
   * @param epoch The epoch, from 0 on.
   */
  batches(epoch: number): ArrayLike<ArrayLike<number>>;
}

/**
 * Options of {@linkcode SubsetRandomSampler}.
 *
 * @example The same order each time
 * ```ts
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.SeedOptions = { seed: 0 };
 * const sampler = new data.SubsetRandomSampler([1, 3, 5], options);
 * ```
 */
export interface SeedOptions {
  /** Seed of the order. Without it, one is drawn from the global generator. */
  readonly seed?: number;
}

const seeded = () => z.strictObject({ seed: seedOption });
const positive = "must be a positive integer";
const count = () => z.int(positive).check(z.gte(1, positive));
const flag = () => z.boolean("must be true or false");

/**
 * Samples some indices of a dataset, in a new random order in every epoch.
 *
 * @example The half of ten
 * ```ts
 * import { SubsetRandomSampler } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const sampler = new SubsetRandomSampler([0, 2, 4, 6, 8], { seed: 1 });
 * assertEquals([...sampler.indices(0)].sort(), [0, 2, 4, 6, 8]);
 * ```
 */
export class SubsetRandomSampler implements Sampler {
  readonly #indices: Int32Array;
  readonly #seed: number;

  /**
   * Creates the sampler.
   *
   * @param indices The indices of the samples in the dataset.
   * @param options `seed`.
   */
  constructor(indices: ArrayLike<number>, options: SeedOptions = {}) {
    const { seed = drawSeed() } = parseArguments(
      seeded,
      { indices },
      options,
      arguments,
      "make a SubsetRandomSampler",
    );
    this.#indices = Int32Array.from(indices);
    this.#seed = seed;
  }

  /** Number of samples in an epoch. */
  get length(): number {
    return this.#indices.length;
  }

  /** The indices of an epoch's samples. */
  indices(epoch: number): Int32Array {
    checkCount("indices", arguments.length, 1);
    const order = permutation(this.length, this.#seed, STREAM.sampler, epoch);
    return order.map((i) => this.#indices[i]!);
  }
}

/**
 * Options of {@linkcode WeightedRandomSampler}.
 *
 * @example Four samples in an epoch
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.WeightedRandomSamplerOptions = {
 *   numSamples: 4,
 *   seed: 0,
 * };
 * const sampler = new data.WeightedRandomSampler([9, 1, 1], options);
 * assertEquals(sampler.indices(0).length, 4);
 * ```
 */
export interface WeightedRandomSamplerOptions extends SeedOptions {
  /** Number of samples to draw in an epoch. @default {that of the weights} */
  readonly numSamples?: number;
  /** Whether a sample can be drawn several times. @default {true} */
  readonly replacement?: boolean;
}

const weightedSchema = () =>
  z.strictObject({
    numSamples: z.optional(count()),
    replacement: z._default(flag(), true),
    seed: seedOption,
  });

/**
 * Samples drawn by their weights, which need not add up to 1: such as one over the
 * size of a sample's class, so that classes are drawn alike.
 *
 * @example A rare class as often as the other
 * ```ts
 * import { WeightedRandomSampler } from "@tenfold/data";
 * import { assert } from "@std/assert";
 *
 * const labels = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
 * const weights = labels.map((label) => label === 1 ? 1 / 1 : 1 / 9);
 * const sampler = new WeightedRandomSampler(weights, {
 *   numSamples: 1000,
 *   seed: 0,
 * });
 * const ones = [...sampler.indices(0)].filter((i) => labels[i] === 1).length;
 * assert(ones > 400 && ones < 600);
 * ```
 */
export class WeightedRandomSampler implements Sampler {
  /** Number of samples in an epoch. */
  readonly length: number;
  readonly #weights: Float64Array;
  readonly #replacement: boolean;
  readonly #seed: number;

  /**
   * Creates the sampler.
   *
   * @param weights The weight of each sample of the dataset, from 0 on.
   * @param options `numSamples`, `replacement` and `seed`.
   * @throws {RangeError} If a weight is negative or not finite, all are 0, or
   * there are fewer above 0 than samples to draw without replacement.
   */
  constructor(
    weights: ArrayLike<number>,
    options: WeightedRandomSamplerOptions = {},
  ) {
    const operation = "make a WeightedRandomSampler";
    const { numSamples, replacement, seed = drawSeed() } = parseArguments(
      weightedSchema,
      { weights },
      options,
      arguments,
      operation,
    );
    this.#weights = Float64Array.from(weights);
    this.length = numSamples ?? weights.length;
    this.#replacement = replacement;
    this.#seed = seed;
    const odd = this.#weights.findIndex((w) => !(w >= 0 && w < Infinity));
    if (odd >= 0) {
      throw new RangeError(
        `Cannot ${operation} as weight ${odd} must be a number from 0 on: got ${
          this.#weights[odd]
        }`,
      );
    }
    const usable = this.#weights.filter((w) => w > 0).length;
    if (usable === 0 || (!replacement && usable < this.length)) {
      throw new RangeError(
        `Cannot ${operation} as too few weights are above 0: got ${usable} for ${this.length} samples${
          replacement ? "" : " without replacement"
        }`,
      );
    }
  }

  /** The indices of an epoch's samples. */
  indices(epoch: number): Int32Array {
    checkCount("indices", arguments.length, 1);
    return this.#replacement ? this.#drawn(epoch) : this.#picked(epoch);
  }

  /** A number from 0 to below 1. */
  #uniform(i: number, epoch: number): number {
    const low = this.#seed | 0;
    const high = Math.floor(this.#seed / 2 ** 32) ^ STREAM.sampler;
    return (threefry(low, high, i, epoch) >>> 0) / 2 ** 32;
  }

  #drawn(epoch: number): Int32Array {
    const sums = new Float64Array(this.#weights.length);
    let total = 0;
    this.#weights.forEach((w, i) => sums[i] = total += w);
    return Int32Array.from({ length: this.length }, (_, i) => {
      const at = this.#uniform(i, epoch) * total;
      let [low, high] = [0, sums.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sums[middle]! > at) high = middle;
        else low = middle + 1;
      }
      return low;
    });
  }

  /** Those whose exponential waits, by their weights as rates, are shortest. */
  #picked(epoch: number): Int32Array {
    const waits = this.#weights.map((w, i) =>
      -Math.log1p(-this.#uniform(i, epoch)) / w
    );
    const order = [...waits.keys()].filter((i) => this.#weights[i]! > 0);
    order.sort((a, b) => waits[a]! - waits[b]!);
    return Int32Array.from(order.slice(0, this.length));
  }
}

/**
 * Options of {@linkcode BatchSampler}.
 *
 * @example Pairs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.BatchSamplerOptions = { batchSize: 2, dropLast: true };
 * const order = new data.SubsetRandomSampler([0, 1, 2, 3, 4]);
 * assertEquals(new data.BatchSampler(order, options).length, 2);
 * ```
 */
export interface BatchSamplerOptions {
  /** Number of samples in a batch. */
  readonly batchSize: number;
  /** Whether to leave out a last batch with fewer samples. @default {false} */
  readonly dropLast?: boolean;
}

const batchSchema = () =>
  z.strictObject({
    batchSize: count(),
    dropLast: z._default(flag(), false),
  });

/**
 * The order of a sampler in batches, for the `batchSampler` option of a
 * loader.
 *
 * @example Batches of two
 * ```ts
 * import { BatchSampler } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const backwards = { length: 5, indices: () => [4, 3, 2, 1, 0] };
 * const sampler = new BatchSampler(backwards, { batchSize: 2 });
 * assertEquals(sampler.batches(0), [[4, 3], [2, 1], [0]]);
 * ```
 */
export class BatchSampler implements BatchSource {
  readonly #sampler: Sampler;
  readonly #batchSize: number;
  readonly #dropLast: boolean;

  /**
   * Creates the sampler.
   *
   * @param sampler The order of the samples.
   * @param options `batchSize` and `dropLast`.
   * @throws {TypeError} If `sampler` is not a sampler.
   * @throws {RangeError} If `batchSize` is not a positive integer.
   */
  constructor(sampler: Sampler, options: BatchSamplerOptions) {
    const { batchSize, dropLast } = parseArguments(
      batchSchema,
      { sampler },
      options,
      arguments,
      "make a BatchSampler",
    );
    if (typeof sampler?.indices !== "function") {
      throw new TypeError(
        "Cannot make a BatchSampler as its sampler must have a length and an indices method",
      );
    }
    this.#sampler = sampler;
    this.#batchSize = batchSize;
    this.#dropLast = dropLast;
  }

  /** Number of batches in an epoch. */
  get length(): number {
    const batches = this.#sampler.length / this.#batchSize;
    return this.#dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The indices of the samples of each batch of an epoch. */
  batches(epoch: number): number[][] {
    checkCount("batches", arguments.length, 1);
    const order = Array.from(this.#sampler.indices(epoch));
    const size = this.#batchSize;
    return Array.from(
      { length: this.length },
      (_, i) => order.slice(i * size, (i + 1) * size),
    );
  }
}
