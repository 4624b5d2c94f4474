/**
 * Norms and ranks of matrices.
 *
 * @module
 */
import type { DType, FloatOf } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import {
  checkPlain,
  flag,
  list,
  type PlainField,
  type PlainFields,
} from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import { normalizeDims } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkMatrices, type Floats } from "./apply.ts";
import {
  rankOf,
  singularValuesOf,
  type ToleranceOptions,
  tolerancesOf,
} from "./solve.ts";

/**
 * The order of a matrix norm.
 *
 * @example The sum of the singular values
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { matrixNorm, type MatrixOrder } from "@tenfold/core/linalg";
 *
 * const ord: MatrixOrder = "nuc";
 * const norm = matrixNorm(tensor([[3, 0], [0, 2]]), { ord });
 * assertAlmostEquals(await norm.item(), 5, 1e-5);
 * ```
 */
export type MatrixOrder = "fro" | "nuc" | 1 | -1 | 2 | -2 | number;

/**
 * Options of {@linkcode matrixNorm}.
 *
 * @example The largest singular value
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { matrixNorm, type MatrixNormOptions } from "@tenfold/core/linalg";
 *
 * const options: MatrixNormOptions = { ord: 2 };
 * const norm = matrixNorm(tensor([[3, 0], [0, 2]]), options);
 * assertAlmostEquals(await norm.item(), 3, 1e-5);
 * ```
 */
export interface MatrixNormOptions {
  /**
   * - `"fro"`: the root of the sum of the squares
   * - `"nuc"`: the sum of the singular values
   * - 2, -2: the largest, the smallest singular value
   * - 1, -1: the largest, the smallest sum of sizes over a column
   * - Infinity, -Infinity: likewise over a row
   *
   * @default {"fro"}
   */
  readonly ord?: MatrixOrder;
  /** The two dims of the matrices. @default {[-2, -1]} */
  readonly dim?: readonly [number, number];
  /** Whether to keep them with an extent of 1. @default {false} */
  readonly keepDim?: boolean;
}

const ORDERS: readonly unknown[] = [
  "fro",
  "nuc",
  1,
  -1,
  2,
  -2,
  Infinity,
  -Infinity,
];

const order: PlainField = {
  must: 'must be "fro", "nuc", 1, -1, 2, -2, Infinity or -Infinity',
  safeParse: (value) => ({
    success: typeof value === "string" || typeof value === "number",
  }),
};

const NORM: PlainFields = { ord: order, dim: list, keepDim: flag };

/**
 * A norm of matrices.
 *
 * @param a Floats with at least 2 dims.
 * @param options `ord`, `dim` and `keepDim`.
 * @returns The shape without the two dims.
 * @throws {ShapeError} If there are not two dims.
 * @throws {RangeError} If the order is none of them.
 * @throws {DeviceError} For "nuc", 2 and -2 on devices that cannot be read
 * without waiting.
 * @example The longest column
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { matrixNorm } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const a = tensor([[1, -2], [3, 4]]);
 * assertEquals(await matrixNorm(a, { ord: 1 }).item(), 6);
 * ```
 */
export function matrixNorm<D extends DType>(
  a: Tensor<D>,
  options: MatrixNormOptions = {},
): Tensor<FloatOf<D>> {
  checkMatrices("matrixNorm", arguments, 2, a);
  checkPlain(NORM, options, "matrixNorm");
  const { ord = "fro", dim = [-2, -1], keepDim = false } = options;
  if (!ORDERS.includes(ord)) {
    throw new RangeError(
      `Cannot matrixNorm as ord ${order.must}: got ${
        typeof ord === "string" ? `"${ord}"` : ord
      }`,
    );
  }
  if (dim.length !== 2) {
    throw new ShapeError(
      `Cannot matrixNorm as dim must name two dims: got ${dim.length}`,
    );
  }
  const [rows, columns] = dim.map((d) =>
    normalizeDims(d, a.ndim, "matrixNorm")[0]!
  ) as [number, number];
  if (rows === columns) {
    throw new ShapeError(
      `Cannot matrixNorm as dim must name two dims: got ${dim[0]} twice`,
    );
  }
  return tidyNow(() => {
    const found = normOf(a, ord, rows, columns);
    return keepDim
      ? found.reshape(
        a.shape.map((extent, d) => d === rows || d === columns ? 1 : extent),
      )
      : found;
  }) as Floats<D>;
}

function normOf(
  a: Tensor,
  ord: MatrixOrder,
  rows: number,
  columns: number,
): Tensor {
  if (ord === "fro") return a.norm([rows, columns]);
  if (ord === "nuc" || Math.abs(ord as number) === 2) {
    const rest = a.shape.map((_, d) => d)
      .filter((d) => d !== rows && d !== columns);
    const values = singularValuesOf(a.permute([...rest, rows, columns]));
    if (ord === "nuc") return values.sum(-1);
    const last = values.shape[values.ndim - 1]! - 1;
    return values.select(-1, ord === 2 ? 0 : last);
  }
  const [summed, kept] = Math.abs(ord as number) === 1
    ? [rows, columns]
    : [columns, rows];
  const sums = a.abs().sum(summed);
  const at = kept > summed ? kept - 1 : kept;
  return ord as number > 0 ? sums.max(at) : sums.min(at);
}

/**
 * The rank of matrices: the number of singular values that exceed both
 * tolerances.
 *
 * @param a Floats, `[..., m, n]`.
 * @param options `atol` and `rtol`.
 * @returns int32, `[...]`; it has no gradient.
 * @throws {ShapeError} If there are fewer than 2 dims.
 * @throws {RangeError} If a tolerance is negative.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example Two equal rows
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { matrixRank } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await matrixRank(tensor([[1, 2], [1, 2]])).item(), 1);
 * ```
 */
export function matrixRank<D extends DType>(
  a: Tensor<D>,
  options: ToleranceOptions = {},
): Tensor<"int32"> {
  checkMatrices("matrixRank", arguments, 2, a);
  const tolerances = tolerancesOf("matrixRank", a, options);
  return tidyNow(() =>
    rankOf(singularValuesOf(a.detach()), ...tolerances)
  ) as Tensor<"int32">;
}
