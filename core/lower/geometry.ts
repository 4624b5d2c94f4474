/**
 * The geometry of a loop: from the views of the operands to the smallest loop
 * that covers them, and the access that each operand makes in it.
 *
 * @module
 */
import type { Access } from "../kernel.ts";
import { type Key, withNumber, withPart } from "../key.ts";
import type { Shape } from "../shape.ts";
import type { View } from "../view.ts";

/** Codes of the accesses, as they enter cache keys. */
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
  shape: Shape;
  /** One stride a loop dim, for each operand. */
  strides: readonly (readonly number[])[];
  /** Code of each operand's access. */
  accesses: number[];
  /** Rank and accesses as the key of a kernel. */
  key: Key;
}

/**
 * Strides of `view` along a loop of shape `shape`, 0 where it broadcasts; the
 * view's own where it does not.
 */
export function stridesAlong(view: View, shape: Shape): readonly number[] {
  const rank = shape.length;
  const lead = rank - view.shape.length;
  let own = lead === 0;
  for (let i = 0; own && i < rank; i++) {
    own = view.shape[i] !== 1 || view.strides[i] === 0;
  }
  if (own) return view.strides;
  const strides: number[] = new Array(rank);
  for (let i = 0; i < rank; i++) {
    strides[i] = i < lead || view.shape[i - lead] === 1
      ? 0
      : view.strides[i - lead]!;
  }
  return strides;
}

const dimsUpTo: (readonly number[])[] = [];

/** 0 to `rank - 1`; made once for each rank. */
function allDims(rank: number): readonly number[] {
  return dimsUpTo[rank] ??= Array.from({ length: rank }, (_, d) => d);
}

/** True where every operand walks two dims, one inside the other, as one. */
function join(
  strides: readonly (readonly number[])[],
  outer: number,
  inner: number,
  extent: number,
): boolean {
  for (let k = 0; k < strides.length; k++) {
    if (strides[k]![outer] !== strides[k]![inner]! * extent) return false;
  }
  return true;
}

/**
 * The loop over `dims` (all of them unless given), without extents of 1 and
 * with neighbours merged that every operand walks as one. Changes none of its
 * arguments.
 */
export function collapse(
  shape: Shape,
  strides: readonly (readonly number[])[],
  dims: readonly number[] = allDims(shape.length),
): { shape: number[]; strides: number[][] } {
  // Counted first: an array that grows takes several times its size.
  let rank = 0;
  let last = -1;
  for (let i = 0; i < dims.length; i++) {
    const d = dims[i]!;
    if (shape[d] === 1) continue;
    if (last < 0 || !join(strides, last, d, shape[d]!)) rank++;
    last = d;
  }
  const count = strides.length;
  const outStrides: number[][] = new Array(count);
  if (rank === 0) {
    for (let k = 0; k < count; k++) outStrides[k] = [0];
    return { shape: [1], strides: outStrides };
  }
  const outShape: number[] = new Array(rank);
  for (let k = 0; k < count; k++) outStrides[k] = new Array(rank);
  let at = -1;
  last = -1;
  for (let i = 0; i < dims.length; i++) {
    const d = dims[i]!;
    const extent = shape[d]!;
    if (extent === 1) continue;
    if (last >= 0 && join(strides, last, d, extent)) outShape[at]! *= extent;
    else outShape[++at] = extent;
    for (let k = 0; k < count; k++) outStrides[k]![at] = strides[k]![d]!;
    last = d;
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

/** The key of a loop of some rank whose operands make these accesses. */
export function keyOf(rank: number, accesses: readonly number[]): Key {
  let key = withNumber(0, rank);
  for (let i = 0; i < accesses.length; i++) key = withAccess(key, accesses[i]!);
  return key;
}

/** Adds the code of an access to a key. */
export function withAccess(key: Key, access: number): Key {
  return withPart(key, access, ACCESSES.length);
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
  const count = views.length;
  const full: (readonly number[])[] = new Array(count);
  for (let k = 0; k < count; k++) full[k] = stridesAlong(views[k]!, shape);
  const loop = collapses || shape.length === 0
    ? collapse(shape, full)
    : { shape, strides: full };
  const accesses: number[] = new Array(count);
  for (let k = 0; k < count; k++) {
    accesses[k] = classify(loop.shape, loop.strides[k]!);
  }
  return {
    shape: loop.shape,
    strides: loop.strides,
    accesses,
    key: keyOf(loop.shape.length, accesses),
  };
}

/** The common case, without any loop over dims: all dense or single. */
function flatGeometry(
  size: number,
  views: readonly View[],
): Geometry | null {
  const accesses: number[] = new Array(views.length);
  const strides: (readonly number[])[] = new Array(views.length);
  let key: Key = 1;
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
    key = withAccess(key, access);
  }
  return { shape: [size], strides, accesses, key };
}

/**
 * The operands of a routine whose loop is `[...rows, n]` with `dim` last: rows
 * are merged where every operand walks them as one. A 0-d operand is one row of
 * one element.
 */
export function alongDim(
  shape: Shape,
  dim: number,
  views: readonly View[],
): { shape: number[]; strides: number[][] } {
  const rowDims: number[] = new Array(Math.max(shape.length - 1, 0));
  for (let d = 0, i = 0; d < shape.length; d++) {
    if (d !== dim) rowDims[i++] = d;
  }
  const count = views.length;
  const full: (readonly number[])[] = new Array(count);
  for (let k = 0; k < count; k++) full[k] = stridesAlong(views[k]!, shape);
  const rows = collapse(shape, full, rowDims);
  const strides: number[][] = new Array(count);
  for (let k = 0; k < count; k++) {
    strides[k] = rows.strides[k]!.concat(views[k]!.strides[dim] ?? 0);
  }
  return { shape: rows.shape.concat(shape[dim] ?? 1), strides };
}
