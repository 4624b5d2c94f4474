/**
 * Packs blocks of matrices so that the innermost loop of a product reads them
 * in order, whatever their strides are.
 *
 * @module
 */
import type { TypedArray } from "@tenfold/core";

/** A matrix inside a typed array. */
export interface Matrix {
  readonly data: TypedArray;
  readonly start: number;
  /** Elements from one row (of `a`) or column (of `b`) to the next. */
  readonly step: number;
  /** Elements from one term of the sum to the next. */
  readonly depthStep: number;
}

/**
 * Copies `lines` rows (or columns) from `line` on, `depth` terms of each from
 * `term` on, into panels of `width` lines: within a panel, the terms follow
 * each other, each with its `width` elements. Lines that are missing in the
 * last panel are 0.
 */
export function pack(
  target: Float64Array | Int32Array,
  { data, start, step, depthStep }: Matrix,
  line: number,
  lines: number,
  term: number,
  depth: number,
  width: number,
): void {
  const origin = start + line * step + term * depthStep;
  for (let first = 0; first < lines; first += width) {
    const panel = first * depth;
    const present = Math.min(width, lines - first);
    const corner = origin + first * step;
    if (present < width) target.fill(0, panel, panel + width * depth);
    // The inner loop goes along the smaller stride.
    if (Math.abs(depthStep) <= Math.abs(step)) {
      for (let i = 0; i < present; i++) {
        let from = (corner + i * step) | 0;
        let to = (panel + i) | 0;
        for (let k = 0; k < depth; k++) {
          target[to] = data[from]!;
          from = (from + depthStep) | 0;
          to = (to + width) | 0;
        }
      }
    } else {
      for (let k = 0; k < depth; k++) {
        let from = (corner + k * depthStep) | 0;
        const to = (panel + k * width) | 0;
        for (let i = 0; i < present; i++) {
          target[to + i] = data[from]!;
          from = (from + step) | 0;
        }
      }
    }
  }
}
