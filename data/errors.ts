/**
 * The errors of the data package.
 *
 * @module
 */

/**
 * Thrown where bytes do not conform to their format: a truncated file, excess
 * bytes, or a header that does not fit the data.
 *
 * @example Telling a bad file from other failures
 * ```ts
 * import { DataFormatError, parseNpy } from "@tenfold/data";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => parseNpy(new Uint8Array(3)), DataFormatError);
 * ```
 */
export class DataFormatError extends RangeError {
  /** Always `"DataFormatError"`. */
  override name = "DataFormatError";
}

/**
 * Thrown where a file cannot be read, written or fetched. The message names the
 * path and, where permission was denied, the flag that grants it; the `cause` is
 * the error of the runtime.
 *
 * @example A file that does not exist
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * await assertRejects(() => data.readNpy("missing.npy"), data.FileError);
 * ```
 */
export class FileError extends Error {
  /** Always `"FileError"`. */
  override name = "FileError";
}

/**
 * Thrown where a dataset fails to return a sample. The message names the index,
 * and the `cause` is the error of the dataset.
 *
 * @example The sample that failed
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const dataset: data.Dataset<number> = {
 *   length: 2,
 *   get(index) {
 *     if (index === 1) throw new Error("no such file");
 *     return index;
 *   },
 * };
 * const loader = new data.DataLoader(dataset, { batchSize: 2 });
 * const error = await assertRejects(
 *   () => Array.fromAsync(loader),
 *   data.DatasetError,
 * );
 * assertEquals(error.indices, [1]);
 * ```
 */
export class DatasetError extends Error {
  /** Always `"DatasetError"`. */
  override name = "DatasetError";
  /** The indices that were requested when the dataset failed. */
  readonly indices: readonly number[];

  /**
   * Makes an error about some samples.
   *
   * @param message What failed.
   * @param indices The indices that were asked for.
   * @param cause The dataset's own error.
   */
  constructor(message: string, indices: readonly number[], cause: unknown) {
    super(message, { cause });
    this.indices = indices;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
