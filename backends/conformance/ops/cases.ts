/**
 * What cases are made of: shapes, layouts, and numbers at which primitives are
 * smooth.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import { ALL_LAYOUTS, type Layout } from "../layout.ts";
import type { Operand } from "../session.ts";
import { common, type Draw } from "../values.ts";

/** Every dtype. */
export const EVERY: readonly DType[] = [
  "bool",
  "int32",
  "float16",
  "float32",
  "float64",
];
/** The dtypes with arithmetic. */
export const NUMBERS: readonly DType[] = [
  "int32",
  "float16",
  "float32",
  "float64",
];

/** Sizes around those of vectors, and none. */
export const VECTORS: readonly Shape[] = [
  [],
  [1],
  [3],
  [7],
  [17],
  [33],
  [0],
];

/** Shapes of two dims and more. */
export const BLOCKS: readonly Shape[] = [
  [3, 7],
  [17, 3],
  [2, 3, 5],
  [2, 1, 3, 2],
  [3, 0, 2],
];

/** An operand. */
export function operand(
  shape: Shape,
  dtype: DType,
  layout: Layout = "dense",
  values: Draw | readonly number[] = common,
): Operand {
  return { shape, dtype, layout, values };
}

/** All lists of dims: for a shape of rank 2 `[]`, `[0]`, `[1]`, `[0, 1]`. */
export function subsetsOfDims(rank: number): number[][] {
  return Array.from(
    { length: 2 ** rank },
    (_, bits) =>
      Array.from({ length: rank }, (_, d) => d).filter((d) => bits >> d & 1),
  );
}

/** All orders of the dims. */
export function ordersOfDims(rank: number): number[][] {
  if (rank === 0) return [[]];
  return ordersOfDims(rank - 1).flatMap((order) =>
    Array.from({ length: rank }, (_, at) => [
      ...order.slice(0, at),
      rank - 1,
      ...order.slice(at),
    ])
  );
}

/** The layouts in turn. */
export const rotated = (l: number): Layout =>
  ALL_LAYOUTS[l % ALL_LAYOUTS.length]!;

/** Layouts that cases of gradients go through in round. */
export const LAYOUT_CYCLE: readonly Layout[] = [
  "dense",
  "transposed",
  "negative",
  "offset",
  "broadcast",
];

/** Numbers of which no two are equal or close. */
export const distinct = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => ((i * 7) % count) * 0.3 - 1.1);

/** Lines of special values, three of each. */
const SPECIAL_LINES: readonly (readonly number[])[] = [
  [NaN, 1, 2],
  [1, NaN, Infinity],
  [Infinity, -Infinity, 0],
  [-Infinity, -Infinity, -Infinity],
  [Infinity, Infinity, 1],
  [-0, 0, -0],
  [1e30, -1e30, 1],
  [1000, -1000, 999],
  [0, 0, 0],
];

/** The lines whose finite numbers are at most `largest`. */
export function specialLines(dtype: DType, largest = Infinity): Operand {
  const lines = SPECIAL_LINES.filter((line) =>
    line.every((x) => !Number.isFinite(x) || Math.abs(x) <= largest)
  );
  return operand([lines.length, 3], dtype, "dense", lines.flat());
}

/** Loops that take several passes or blocks on a parallel device. */
export const LARGE: readonly Shape[] = [
  [4099],
  [3, 1500],
  [1500, 3],
  [40, 11, 9],
];

/** Every dim of every shape that has some, and of a 0-d one. */
export function* lines(): Iterable<
  { shape: Shape; dim: number; layout: Layout }
> {
  for (const shape of [...VECTORS, ...BLOCKS, [17, 33]]) {
    for (let dim = 0; dim < Math.max(1, shape.length); dim++) {
      for (const layout of ALL_LAYOUTS) yield { shape, dim, layout };
    }
  }
  for (const shape of LARGE) {
    for (let dim = 0; dim < shape.length; dim++) {
      for (const layout of ["dense", "transposed"] as const) {
        yield { shape, dim, layout };
      }
    }
  }
}
