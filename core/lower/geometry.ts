/**
 * The geometry of a loop: from the views of the operands to the smallest loop
 * that covers them, and the access that each operand makes in it.
 *
 * @module
 */
import type { Access } from "../kernel.ts";
import type { Shape } from "../shape.ts";
import type { View } from "../view.ts";

/** Codes of the accesses, as they are packed into cache keys. */
export const ACCESSES: readonly Access[] = [
  "dense",
  "uniform",
  "row",
  "splat",
  "strided",
];

const DENSE = 0;
const UNIFORM = 1;
const ROW = 2;
const SPLAT = 3;
const STRIDED = 4;

/** A loop and how its operands lie along it. */
export interface Geometry {
  /** The extents of the loop, none of them 1 unless it is the only one. */
  shape: number[];
  /** One stride a loop dim, for each operand. */
  strides: (readonly number[])[];
  /** Code of each operand's access. */
  accesses: number[];
  /** Rank and accesses packed into one number. */
  code: number;
}

/** Strides of `view` along a loop of shape `shape`, 0 where it broadcasts. */
export function stridesAlong(view: View, shape: Shape): number[] {
  const lead = shape.length - view.shape.length;
  const strides: number[] = new Array(shape.length);
  for (let i = 0; i < shape.length; i++) {
    strides[i] = i < lead || view.shape[i - lead] === 1
      ? 0
      : view.strides[i - lead]!;
  }
  return strides;
}

/**
 * Drops extents of 1 and merges neighbouring dims that every operand walks
 * as one. Changes neither argument.
 */
export function collapse(
  shape: Shape,
  strides: readonly (readonly number[])[],
): { shape: number[]; strides: number[][] } {
  const outShape: number[] = [];
  const outStrides: number[][] = strides.map(() => []);
  for (let d = 0; d < shape.length; d++) {
    const extent = shape[d]!;
    if (extent === 1) continue;
    const last = outShape.length - 1;
    const joins = last >= 0 &&
      strides.every((s, k) => outStrides[k]![last] === s[d]! * extent);
    if (joins) {
      outShape[last]! *= extent;
      for (let k = 0; k < strides.length; k++) {
        outStrides[k]![last] = strides[k]![d]!;
      }
    } else {
      outShape.push(extent);
      for (let k = 0; k < strides.length; k++) {
        outStrides[k]!.push(strides[k]![d]!);
      }
    }
  }
  if (outShape.length === 0) {
    outShape.push(1);
    for (const s of outStrides) s.push(0);
  }
  return { shape: outShape, strides: outStrides };
}

/** The code of the access that strides make along a loop. */
export function classify(shape: Shape, strides: readonly number[]): number {
  let dense = true;
  let uniform = true;
  let expected = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    const extent = shape[d]!;
    if (extent !== 1) {
      if (strides[d] !== expected) dense = false;
      if (strides[d] !== 0) uniform = false;
    }
    expected *= extent;
  }
  // A loop over one element is dense for everybody.
  if (dense) return DENSE;
  if (uniform) return UNIFORM;
  const inner = strides[shape.length - 1];
  return inner === 1 ? ROW : inner === 0 ? SPLAT : STRIDED;
}

/** Packs rank and access codes into one number, exact up to 20 operands. */
export function packCode(rank: number, accesses: readonly number[]): number {
  let code = rank;
  for (let i = 0; i < accesses.length; i++) code = code * 5 + accesses[i]!;
  return code;
}

const DENSE_STRIDES: readonly number[] = [1];
const UNIFORM_STRIDES: readonly number[] = [0];

/**
 * The loop over `shape` with these operands. `collapses` is false where the
 * kernel uses positions along the dims of `shape`, which must then stay.
 */
export function geometry(
  shape: Shape,
  size: number,
  views: readonly View[],
  collapses: boolean,
): Geometry {
  if (collapses) {
    const flat = flatGeometry(size, views);
    if (flat) return flat;
  }
  const full = views.map((view) => stridesAlong(view, shape));
  const loop = collapses
    ? collapse(shape, full)
    : { shape: shape.slice(), strides: full };
  if (loop.shape.length === 0) {
    loop.shape.push(1);
    for (const strides of loop.strides) strides.push(0);
  }
  const accesses = loop.strides.map((s) => classify(loop.shape, s));
  return {
    shape: loop.shape,
    strides: loop.strides,
    accesses,
    code: packCode(loop.shape.length, accesses),
  };
}

/** The common case, without any loop over dims: all dense or single. */
function flatGeometry(
  size: number,
  views: readonly View[],
): Geometry | null {
  const accesses: number[] = new Array(views.length);
  const strides: (readonly number[])[] = new Array(views.length);
  let code = 1;
  for (let i = 0; i < views.length; i++) {
    const view = views[i]!;
    let access: number;
    // A loop over one element is dense for everybody.
    if (view.size === size && view.dense) access = DENSE;
    else if (view.size === 1) access = UNIFORM;
    else return null;
    // Equal sizes of shapes that broadcast to each other are equal shapes up
    // to extents of 1, and dense ones then lie alike.
    accesses[i] = access;
    strides[i] = access === DENSE ? DENSE_STRIDES : UNIFORM_STRIDES;
    code = code * 5 + access;
  }
  return { shape: [size], strides, accesses, code };
}
