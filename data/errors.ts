/**
 * The errors of the data package.
 *
 * @module
 */

/**
 * Bytes that are not what their format promises: a file cut short, with
 * bytes too many, or with a header that lies.
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
 * A file that could not be read, written or fetched. The message names the
 * path and, where a runtime refused the access, the flag that grants it; the
 * runtime's own error is the `cause`.
 */
export class FileError extends Error {
  /** Always `"FileError"`. */
  override name = "FileError";
}

/**
 * A dataset that failed to give a sample. The message names the index and the
 * dataset's own error is the `cause`.
 */
export class DatasetError extends Error {
  /** Always `"DatasetError"`. */
  override name = "DatasetError";
  /** The indices that were asked for when the dataset failed. */
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
