/**
 * The interface of datasets.
 *
 * @module
 */
import { showValue } from "@tenfold/core/internal";

/**
 * A map-style dataset: samples by index. Any object with `length` and `get`
 * implements it.
 *
 * @typeParam Sample The type of a sample.
 *
 * @example Ten numbers and their squares
 * ```ts
 * import { type Dataset, Subset } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const squares: Dataset<[number, number]> = {
 *   length: 10,
 *   get: (i) => [i, i * i],
 * };
 * assertEquals(new Subset(squares, [3, 4]).get(0), [3, 9]);
 * ```
 */
export interface Dataset<Sample = unknown> {
  /** Number of samples. */
  readonly length: number;
  /**
   * One sample, or a promise of it.
   *
   * @param index From 0 to `length - 1`.
   */
  get(index: number): Sample | Promise<Sample>;
  /**
   * Returns several samples as one batch, for datasets where that is faster
   * than one by one. A loader calls it unless it has a `collate` of its own.
   *
   * @param indices The samples, in order.
   */
  getBatch?(indices: Int32Array): unknown;
  /**
   * Called with the epoch, from 0 on, before a loader requests its samples, so
   * that random transformations can depend on it.
   *
   * @param epoch The epoch.
   */
  setEpoch?(epoch: number): void;
}

/** The dataset that was passed, or that of the elements of an array. */
export function datasetOf<Sample>(
  value: Dataset<Sample> | readonly Sample[],
  operation: string,
): Dataset<Sample> {
  if (Array.isArray(value)) {
    return {
      get length() {
        return value.length;
      },
      get: (index) => value[index],
    };
  }
  const dataset = value as Dataset<Sample>;
  const { length, get } = (dataset ?? {}) as Partial<Dataset>;
  if (
    typeof get !== "function" || !Number.isInteger(length) || length! < 0
  ) {
    throw new TypeError(
      `Cannot ${operation} as a dataset must have a length and a get method, or be an array: got ${
        typeof get === "function" ? `length ${length}` : showValue(value)
      }`,
    );
  }
  return dataset;
}

/** Checks that an index is one of a dataset's. */
export function checkIndex(index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw new RangeError(
      `Cannot get a sample as the index is out of range: got ${index}, expected 0 to ${
        length - 1
      }`,
    );
  }
}
