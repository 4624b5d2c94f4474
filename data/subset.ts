/**
 * A part of a dataset.
 *
 * @module
 */
import { checkCount } from "@tenfold/core/internal";
import { checkIndex, type Dataset, datasetOf } from "./dataset.ts";

/**
 * The samples of a dataset at some indices, in their order. Nothing is copied.
 *
 * @typeParam Sample The type of a sample.
 *
 * @example Every second sample
 * ```ts
 * import { Subset } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const letters = { length: 4, get: (i: number) => "abcd"[i] };
 * const odd = new Subset(letters, [1, 3]);
 * assertEquals(odd.length, 2);
 * assertEquals(odd.get(1), "d");
 * ```
 */
export class Subset<Sample = unknown> implements Dataset<Sample> {
  /** The dataset that the samples come from. */
  readonly dataset: Dataset<Sample>;
  /** The indices of the samples in the dataset. */
  readonly indices: Int32Array;
  /** Present where the dataset has it; see {@linkcode Dataset.getBatch}. */
  readonly getBatch?: (indices: Int32Array) => unknown;
  /** Present where the dataset has it; see {@linkcode Dataset.setEpoch}. */
  readonly setEpoch?: (epoch: number) => void;

  /**
   * Picks samples of a dataset.
   *
   * @param samples The dataset that the samples come from, or an array of them.
   * @param indices Where they lie in it.
   * @throws {TypeError} If `samples` is not a dataset.
   * @throws {RangeError} If an index is out of range of the dataset.
   */
  constructor(
    samples: Dataset<Sample> | readonly Sample[],
    indices: ArrayLike<number>,
  ) {
    checkCount("make a Subset", arguments.length, 2);
    const dataset = datasetOf(samples, "make a Subset");
    for (let i = 0; i < indices.length; i++) {
      checkIndex(indices[i]!, dataset.length);
    }
    this.dataset = dataset;
    this.indices = new Int32Array(indices);
    if (dataset.getBatch !== undefined) {
      this.getBatch = (picked) =>
        dataset.getBatch!(picked.map((i) => this.indices[i]!));
    }
    if (dataset.setEpoch !== undefined) {
      this.setEpoch = (epoch) => dataset.setEpoch!(epoch);
    }
  }

  /** Number of samples. */
  get length(): number {
    return this.indices.length;
  }

  /**
   * One sample.
   *
   * @param index From 0 to `length - 1`.
   * @returns The sample.
   * @throws {RangeError} If the index is out of range.
   */
  get(index: number): Sample | Promise<Sample> {
    checkCount("get", arguments.length, 1);
    checkIndex(index, this.length);
    return this.dataset.get(this.indices[index]!);
  }
}
