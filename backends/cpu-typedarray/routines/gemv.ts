/**
 * Products of a matrix and a vector: each element of the matrix is used once,
 * so that packing it would not pay.
 *
 * @module
 */
import type { TypedArray } from "@tenfold/core";
import type { Matrix } from "./pack.ts";

/** A vector inside a typed array. */
export interface Vector {
  readonly data: TypedArray;
  readonly start: number;
  readonly step: number;
}

/** Lines whose sums are kept at a time. */
const CHUNK = 2048;
const sums = new Float64Array(CHUNK);

/**
 * `out[line] = sum over the terms of matrix[line, term] * vector[term]`, plus
 * the bias. The vector is the matrix's partner with one line of its own.
 */
export function productWithVector(
  out: Vector,
  matrix: Matrix,
  vector: Matrix,
  bias: Vector | null,
  lines: number,
  depth: number,
): void {
  const inOrder = Math.abs(matrix.depthStep) <= Math.abs(matrix.step);
  for (let first = 0; first < lines; first += CHUNK) {
    const count = Math.min(CHUNK, lines - first);
    if (inOrder) addAlongTerms(matrix, vector, first, count, depth);
    else addAlongLines(matrix, vector, first, count, depth);
    for (let i = 0; i < count; i++) {
      const line = first + i;
      const added = bias ? bias.data[bias.start + line * bias.step]! : 0;
      out.data[out.start + line * out.step] = sums[i]! + added;
    }
  }
}

/** Finishes one sum after the other. */
function addAlongTerms(
  { data, start, step, depthStep }: Matrix,
  vector: Matrix,
  first: number,
  count: number,
  depth: number,
): void {
  for (let i = 0; i < count; i++) {
    let at = start + (first + i) * step;
    let from = vector.start;
    // Two sums, as each addition waits for the one before it.
    let even = 0;
    let odd = 0;
    let k = 1;
    for (; k < depth; k += 2) {
      even += data[at]! * vector.data[from]!;
      odd += data[at + depthStep]! * vector.data[from + vector.depthStep]!;
      at = (at + 2 * depthStep) | 0;
      from = (from + 2 * vector.depthStep) | 0;
    }
    if (k === depth) even += data[at]! * vector.data[from]!;
    sums[i] = even + odd;
  }
}

/** Adds one term to all sums, then the next. */
function addAlongLines(
  { data, start, step, depthStep }: Matrix,
  vector: Matrix,
  first: number,
  count: number,
  depth: number,
): void {
  sums.fill(0, 0, count);
  for (let k = 0; k < depth; k++) {
    const factor = vector.data[vector.start + k * vector.depthStep]!;
    let at = (start + first * step + k * depthStep) | 0;
    for (let i = 0; i < count; i++) {
      sums[i]! += factor * data[at]!;
      at = (at + step) | 0;
    }
  }
}

/** Elements in a typed array, each at an offset from the start. */
export interface Scattered {
  readonly data: TypedArray;
  readonly start: number;
  readonly places: Int32Array;
}

/**
 * `out[line] = sum over the terms of data[line + term] * factor[term]`, plus
 * `added`: where the place of an element is a sum of a part for its line and
 * one for its term.
 */
export function productOfTables(
  out: Scattered,
  lines: Scattered,
  terms: Int32Array,
  factors: Scattered,
  added: number,
): void {
  const { data, places } = lines;
  for (let first = 0; first < places.length; first += CHUNK) {
    const count = Math.min(CHUNK, places.length - first);
    sums.fill(added, 0, count);
    for (let k = 0; k < terms.length; k++) {
      const factor = factors.data[factors.start + factors.places[k]!]!;
      const from = (lines.start + terms[k]!) | 0;
      for (let i = 0; i < count; i++) {
        sums[i]! += factor * data[(from + places[(first + i) | 0]!) | 0]!;
      }
    }
    for (let i = 0; i < count; i++) {
      out.data[out.start + out.places[first + i]!] = sums[i]!;
    }
  }
}
