/**
 * Operands for reductions and for the operations along a dim.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import { ALL_LAYOUTS, type Layout } from "../layout.ts";
import type { Operand } from "../session.ts";
import { BLOCKS, operand, VECTORS } from "./case.ts";

/** Loops that take several passes or blocks on a parallel device. */
export const LARGE: readonly Shape[] = [[4099], [3, 1500], [1500, 3], [
  40,
  11,
  9,
]];

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
