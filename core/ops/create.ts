/**
 * Tensors out of nothing, and triangles: maps over the position.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { DTypeError, ShapeError, showShape } from "../errors.ts";
import {
  arg,
  call,
  castExpr,
  constant,
  indexAlong,
  scalar,
} from "../expr/expr.ts";
import { counted, filled } from "../lower/parts.ts";
import { MapProgram, memoize } from "../lower/program.ts";
import { checkNumber } from "../options.ts";
import type { Shape } from "../shape.ts";
import { free, none } from "./gradient.ts";
import type { Family, Primitive } from "./primitive.ts";

/**
 * One value everywhere.
 *
 * @example Ones
 * ```ts
 * import type { FullOp } from "@tenfold/core/backend";
 *
 * const op: FullOp = {
 *   name: "full",
 *   shape: [2, 3],
 *   value: 1,
 *   dtype: "float32",
 * };
 * ```
 */
export interface FullOp {
  /** Marks the primitive. */
  readonly name: "full";
  /** The extents of the result. */
  readonly shape: Shape;
  /** The number that fills it. */
  readonly value: number;
  /** The element type of the result. */
  readonly dtype: DType;
}

/**
 * `start + i * step` for i from 0.
 *
 * @example 0, 2, 4
 * ```ts
 * import type { ArangeOp } from "@tenfold/core/backend";
 *
 * const op: ArangeOp = {
 *   name: "arange",
 *   start: 0,
 *   step: 2,
 *   length: 3,
 *   dtype: "int32",
 * };
 * ```
 */
export interface ArangeOp {
  /** Marks the primitive. */
  readonly name: "arange";
  /** The first number. */
  readonly start: number;
  /** The distance from one number to the next. */
  readonly step: number;
  /** Number of elements. */
  readonly length: number;
  /** The element type of the result. */
  readonly dtype: DType;
}

/**
 * Ones on the diagonal.
 *
 * @example The identity of three dims
 * ```ts
 * import type { EyeOp } from "@tenfold/core/backend";
 *
 * const op: EyeOp = {
 *   name: "eye",
 *   rows: 3,
 *   columns: 3,
 *   dtype: "float32",
 * };
 * ```
 */
export interface EyeOp {
  /** Marks the primitive. */
  readonly name: "eye";
  /** The number of rows. */
  readonly rows: number;
  /** The number of columns. */
  readonly columns: number;
  /** The element type of the result. */
  readonly dtype: DType;
}

/**
 * The lower or upper triangle of the last two dims; 0 elsewhere.
 *
 * @example The lower triangle with its diagonal
 * ```ts
 * import type { TriangleOp } from "@tenfold/core/backend";
 *
 * const op: TriangleOp = { name: "tril", diagonal: 0 };
 * ```
 */
export interface TriangleOp {
  /** Marks the primitive. */
  readonly name: "tril" | "triu";
  /** The diagonal at the edge: 0 the main one, above it positive. */
  readonly diagonal: number;
}

const eye = memoize((dtype: DType) =>
  new MapProgram([], [
    castExpr(call("eq", indexAlong(0), indexAlong(1)), dtype),
  ], 0)
);

/** Scalar 0 is the diagonal. */
const select = memoize((side: "le" | "ge", dtype: DType, rank: number) => {
  const distance = call("sub", indexAlong(rank - 1), indexAlong(rank - 2));
  const inside = call(side, distance, scalar(0, "int32"));
  const expr = call("select", inside, arg(0, dtype), constant(0, dtype));
  return new MapProgram([dtype], [expr], 1);
});

const triangle = (side: "le" | "ge"): Primitive<TriangleOp> => ({
  infer({ name, diagonal }, [x]) {
    const { shape, dtype } = x!;
    if (shape.length < 2) {
      throw new ShapeError(
        `Cannot take ${name} of fewer than 2 dims: got shape ${
          showShape(shape)
        }`,
      );
    }
    if (!Number.isInteger(checkNumber(diagonal, "the diagonal", name))) {
      throw new RangeError(
        `Cannot ${name} as the diagonal must be an integer: got ${diagonal}`,
      );
    }
    return [{ shape, dtype }];
  },
  lower({ diagonal }, [x], run) {
    const { shape, dtype } = x!;
    const program = select(side, dtype, shape.length);
    return run.map(program, shape, [x!], [diagonal]);
  },
  gradient: [free((g, c) => c.apply(c.op, [g]))],
});

/** Every primitive that makes its elements from their positions. */
export const CREATE: Family<FullOp | ArangeOp | EyeOp | TriangleOp> = {
  full: {
    infer: (op) => [op],
    lower: ({ shape, value, dtype }, _, run) =>
      filled(shape, value, dtype, run),
    gradient: none,
  },
  arange: {
    infer({ length, dtype }) {
      if (dtype === "bool") {
        throw new DTypeError(
          "Cannot make a range of bools as they do not count: make it of int32 and compare it",
        );
      }
      return [{ shape: [length], dtype }];
    },
    lower: ({ start, step, length, dtype }, _, run) =>
      counted(start, step, length, dtype, run),
    gradient: none,
  },
  eye: {
    infer: ({ rows, columns, dtype }) => [{ shape: [rows, columns], dtype }],
    lower: ({ rows, columns, dtype }, _, run) =>
      run.map(eye(dtype), [rows, columns], []),
    gradient: none,
  },
  tril: triangle("le"),
  triu: triangle("ge"),
};
