/**
 * Indices that come as data.
 *
 * @module
 */
import { IndexError } from "@tenfold/core";
import { forEachPosition } from "../positions.ts";

/**
 * Checks every index before any is used.
 *
 * @throws {IndexError} If an index is negative or not below `bound`.
 */
export function checkIndices(
  index: Int32Array,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  bound: number,
  operation: string,
): void {
  // An index that is repeated along a dim is looked at once.
  const once = shape.map((extent, d) => strides[d] === 0 ? 1 : extent);
  const n = once.at(-1)!;
  const step = strides.at(-1)!;
  forEachPosition(once.slice(0, -1), [offset], [strides], ([start]) => {
    for (let i = 0, at = start!; i < n; i++, at += step) {
      const value = index[at]!;
      if (value >= 0 && value < bound) continue;
      const expected = bound > 0
        ? `expected 0 to ${bound - 1}`
        : "expected none, as there is nothing to choose from";
      throw new IndexError(
        `Cannot ${operation} as an index is out of range: got ${value}, ${expected}`,
      );
    }
  });
}

/** The two innermost loops of a routine that picks by index. */
export interface InnerLoops {
  /** Extent and strides (one for each operand) of the outer of the two. */
  readonly outer: readonly [extent: number, strides: readonly number[]];
  /** The same of the inner one. */
  readonly inner: readonly [extent: number, strides: readonly number[]];
}

/**
 * The last two dims of a loop in the order that reads memory better: rows are
 * the inner loop where one index serves a whole row of adjacent elements, as in
 * an embedding. `index` is the operand with the indices.
 */
export function innerLoops(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  index: number,
): InnerLoops {
  const last = shape.length - 1;
  const along = (d: number) =>
    [
      d < 0 ? 1 : shape[d]!,
      strides.map((s) => d < 0 ? 0 : s[d]!),
    ] as const;
  const rows = last > 0 && strides[index]![last - 1] === 0;
  return rows
    ? { outer: along(last), inner: along(last - 1) }
    : { outer: along(last - 1), inner: along(last) };
}
