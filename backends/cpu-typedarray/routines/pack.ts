/**
 * Packs blocks of matrices so that the innermost loop of a product reads them
 * in order, whatever their strides are.
 *
 * @module
 */
import type { TypedArray } from "@tenfold/core";
import type { Pack, Panel } from "./gemm.ts";

/** A matrix inside a typed array. */
export interface Matrix {
  readonly data: TypedArray;
  readonly start: number;
  /** Elements from one row (of `a`) or column (of `b`) to the next. */
  readonly step: number;
  /** Elements from one term of the sum to the next. */
  readonly depthStep: number;
}

/** Lines that are read together: the float32 elements of a cache line. */
const GROUP = 16;

/** Packs a matrix that lies in even strides. */
export function packMatrix(matrix: Matrix): Pack {
  const { start, step, depthStep } = matrix;
  const inOrder = Math.abs(depthStep) <= Math.abs(step);
  return (target, line, count, term, depth, width) => {
    clearLast(target, count, depth, width);
    const corner = start + line * step + term * depthStep;
    if (inOrder) {
      for (let i = 0; i < count; i++) {
        const to = (i - i % width) * depth + i % width;
        packLine(target, to, matrix, corner + i * step, depth, width);
      }
    } else {
      for (let i = 0; i < count; i += GROUP) {
        const lines = Math.min(GROUP, count - i);
        packGroup(target, i, matrix, corner + i * step, lines, depth, width);
      }
    }
  };
}

/** Zeroes the last panel, where it will not be full. */
function clearLast(
  target: Panel,
  count: number,
  depth: number,
  width: number,
): void {
  const missing = count % width;
  if (missing === 0) return;
  const panel = (count - missing) * depth;
  target.fill(0, panel, panel + width * depth);
}

/** Packs one line whose terms are contiguous. */
function packLine(
  target: Panel,
  to: number,
  { data, depthStep }: Matrix,
  from: number,
  depth: number,
  width: number,
): void {
  for (let k = 0; k < depth; k++) {
    target[to] = data[from]!;
    from = (from + depthStep) | 0;
    to = (to + width) | 0;
  }
}

/** Packs interleaved lines, term by term. */
function packGroup(
  target: Panel,
  first: number,
  { data, step, depthStep }: Matrix,
  corner: number,
  count: number,
  depth: number,
  width: number,
): void {
  const nextPanel = (width * depth - width) | 0;
  for (let k = 0; k < depth; k++) {
    let from = (corner + k * depthStep) | 0;
    let to = (first * depth + k * width) | 0;
    let left = width;
    for (let i = 0; i < count; i++) {
      target[to] = data[from]!;
      from = (from + step) | 0;
      to = (to + 1) | 0;
      if (--left === 0) {
        to = (to + nextPanel) | 0;
        left = width;
      }
    }
  }
}

/**
 * Packs a matrix in which the place of an element is a sum of one part for its
 * line and one for its term, as in the windows of a convolution.
 */
export function packTable(
  data: TypedArray,
  start: number,
  lines: Int32Array,
  terms: Int32Array,
): Pack {
  return (target, line, count, term, depth, width) => {
    clearLast(target, count, depth, width);
    const nextPanel = (width * depth - width) | 0;
    for (let first = 0; first < count; first += GROUP) {
      const end = Math.min(first + GROUP, count);
      for (let k = 0; k < depth; k++) {
        const from = (start + terms[term + k]!) | 0;
        let to = (first * depth + k * width) | 0;
        let left = width;
        for (let i = first; i < end; i++) {
          target[to] = data[(from + lines[line + i]!) | 0]!;
          to = (to + 1) | 0;
          if (--left === 0) {
            to = (to + nextPanel) | 0;
            left = width;
          }
        }
      }
    }
  };
}
