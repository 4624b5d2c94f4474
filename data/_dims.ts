/**
 * The bound on the number of dims that files of every format share.
 *
 * @module
 */
import type { DataFormatError } from "./errors.ts";

/** The most dims that an array has, as in NumPy 2. */
export const MAX_DIMS = 64;

/**
 * Refuses an array of too many dims.
 *
 * @throws {DataFormatError} If there are more than 64.
 */
export function checkDims(
  ndim: number,
  fail: (why: string) => DataFormatError,
): void {
  if (ndim > MAX_DIMS) {
    throw fail(`it has more than ${MAX_DIMS} dims: got ${ndim}`);
  }
}
