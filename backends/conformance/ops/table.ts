/**
 * The specs of every primitive, as one table keyed by name. A missing row is a
 * compile error.
 *
 * @module
 */
import { isFloating } from "@tenfold/core";
import {
  addWindows,
  ELEMENTWISE,
  type Op,
  type OpName,
  type OpOf,
} from "@tenfold/core/backend";
import type { Tolerance } from "../compare.ts";
import { EXACT } from "../scalar_tolerance.ts";
import { ALONG_SPECS } from "./along.ts";
import { ASSIGN_SPECS } from "./assign.ts";
import { CONVOLVE_SPECS } from "./convolve.ts";
import { CREATE_SPECS } from "./create.ts";
import { ELEMENTWISE_SPECS } from "./elementwise.ts";
import { FORMULA_SPECS } from "./formula.ts";
import { GATHER_SPECS } from "./gather.ts";
import { LINALG_SPECS } from "./linalg.ts";
import { LINEAR_INT8_SPECS } from "./linear_int8.ts";
import { LINES_SPECS } from "./lines.ts";
import type { Spec } from "./spec.ts";
import { MOVEMENT_SPECS } from "./movement.ts";
import type { Plain } from "./plain.ts";
import { POOL_SPECS } from "./pool.ts";
import { PRODUCT_SPECS } from "./product.ts";
import { RANDOM_SPECS } from "./random.ts";
import { REDUCE_SPECS } from "./reduce.ts";
import { SCATTER_SPECS } from "./scatter.ts";
import { SORT_SPECS } from "./sort.ts";
import { SQUARE_SPECS } from "./squares.ts";

// Ops are applied by name here.
addWindows();

/** The spec of each primitive. */
export const SPECS: { readonly [N in OpName]: Spec<OpOf<N>> } = {
  ...ELEMENTWISE_SPECS,
  ...FORMULA_SPECS,
  ...REDUCE_SPECS,
  ...SQUARE_SPECS,
  ...ALONG_SPECS,
  ...SORT_SPECS,
  ...MOVEMENT_SPECS,
  ...ASSIGN_SPECS,
  ...CREATE_SPECS,
  ...RANDOM_SPECS,
  ...PRODUCT_SPECS,
  ...CONVOLVE_SPECS,
  ...POOL_SPECS,
  ...GATHER_SPECS,
  ...SCATTER_SPECS,
  ...LINALG_SPECS,
  ...LINEAR_INT8_SPECS,
  ...LINES_SPECS,
};

/** The names of the primitives. */
export const NAMES: readonly OpName[] = Object.keys(SPECS) as OpName[];

/** The spec of a primitive, for any op that has its name. */
export function specOf(name: OpName): Spec<Op> {
  return SPECS[name] as unknown as Spec<Op>;
}

/**
 * The results of an op over plain arrays, in float64. Results are cast to
 * their dtype at the end; for `update` they are what the targets hold.
 *
 * @param op The primitive.
 * @param inputs Its inputs.
 * @returns One array for each result.
 *
 * @example The sum of a row
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { reference } from "@tenfold/backends/conformance/reference";
 *
 * const x = { shape: [1, 2], dtype: "float32", data: [1, 2] } as const;
 * const op = { name: "sum", dims: [1], keepDim: false } as const;
 * assertEquals(reference(op, [x])[0]?.data, [3]);
 * ```
 */
export function reference(op: Op, inputs: readonly Plain[]): Plain[] {
  return specOf(op.name).meaning(op, inputs);
}

/** The tolerance of the results of an op. */
export function toleranceOf(
  op: Op,
  inputs: readonly Plain[],
  expected: readonly Plain[],
): Tolerance {
  // Integers and bools have no rounding to allow for.
  const floats = expected.some(({ dtype }) => isFloating(dtype));
  if (!floats && !(op.name in ELEMENTWISE)) return EXACT;
  return specOf(op.name).tolerance(op, inputs, expected);
}
