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
 */
export class FileError extends Error {
  /** Always `"FileError"`. */
  override name = "FileError";
}

/**
 * Thrown where a dataset fails to return a sample. The message names the index,
 * and the `cause` is the error of the dataset.
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
