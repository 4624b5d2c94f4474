/**
 * What a case is: an operation, its operands, and nothing else.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import type { Op } from "@tenfold/core/backend";
import type { Tolerance } from "../compare.ts";
import type { Layout } from "../layout.ts";
import type { Random } from "../random.ts";
import type { Operand } from "../session.ts";
import { common, type Draw } from "../values.ts";

/** One operation on operands of given layouts. */
export interface Case<O extends Op = Op> {
  /** The operation. */
  readonly op: O;
  /** What it takes. */
  readonly inputs: readonly Operand[];
  /** The tolerance, in place of the one in the table. */
  readonly tolerance?: Tolerance;
}

/** The cases of one primitive. */
export interface CaseRow<O extends Op> {
  /** The dtypes that its first operand (or its result) may have. */
  readonly dtypes: readonly DType[];
  /** The cases for one of those dtypes. */
  readonly cases: (dtype: DType, random: Random) => Iterable<Case<O>>;
}

/** Every dtype. */
export const EVERY: readonly DType[] = ["bool", "int32", "float32", "float64"];
/** The dtypes with arithmetic. */
export const NUMBERS: readonly DType[] = ["int32", "float32", "float64"];

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
