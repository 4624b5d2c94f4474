/**
 * Datasets behind each other.
 *
 * @module
 */
import { checkCount } from "@tenfold/core/internal";
import { checkIndex, type Dataset, datasetOf } from "./dataset.ts";

/**
 * Concatenation of several datasets, in order.
 *
 * @example Two parts
 * ```ts
 * import { ConcatDataset } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const letters = { length: 3, get: (i: number) => "abc".charAt(i) };
 * const digits = { length: 2, get: (i: number) => String(i) };
 * const both = new ConcatDataset([letters, digits]);
 * assertEquals(both.length, 5);
 * assertEquals(both.get(3), "0");
 * ```
 */
export class ConcatDataset<Sample = unknown> implements Dataset<Sample> {
  /** The datasets, in order. */
  readonly datasets: readonly Dataset<Sample>[];

  /**
   * Concatenates datasets.
   *
   * @param datasets The datasets, or arrays of samples, in order.
   * @throws {TypeError} If they are not an array of datasets.
   * @throws {RangeError} If there is none.
   */
  constructor(datasets: readonly (Dataset<Sample> | readonly Sample[])[]) {
    const operation = "make a ConcatDataset";
    checkCount(operation, arguments.length, 1);
    if (!Array.isArray(datasets)) {
      throw new TypeError(
        `Cannot ${operation} as its datasets must be an array: got ${typeof datasets}`,
      );
    }
    if (datasets.length === 0) {
      throw new RangeError(`Cannot ${operation} of no datasets`);
    }
    this.datasets = datasets.map((dataset) => datasetOf(dataset, operation));
  }

  /** Number of samples of all datasets. */
  get length(): number {
    return this.datasets.reduce((sum, { length }) => sum + length, 0);
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
    let rest = index;
    let at = 0;
    while (rest >= this.datasets[at]!.length) {
      rest -= this.datasets[at++]!.length;
    }
    return this.datasets[at]!.get(rest);
  }

  /** Sets the epoch of each dataset. */
  setEpoch(epoch: number): void {
    checkCount("setEpoch", arguments.length, 1);
    for (const dataset of this.datasets) dataset.setEpoch?.(epoch);
  }
}
