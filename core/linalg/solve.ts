/**
 * Systems of equations, inverses and determinants.
 *
 * @module
 */
import type { AnyDType, DType, FloatOf } from "../dtype.ts";
import { ShapeError, showShape } from "../errors.ts";
import {
  checkPlain,
  flag,
  number,
  type PlainFields,
} from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import { sameShape } from "../shape.ts";
import { apply, checkTensor, type Tensor } from "../tensor.ts";
import {
  applyLinalg,
  checkFloats,
  checkMatrices,
  checkSquare,
  defaultTolerance,
  flip,
  type Floats,
  partOf,
  refuseFailures,
  sameBatch,
} from "./apply.ts";

const LEFT: PlainFields = { left: flag };
const TRIANGLE: PlainFields = { upper: flag, left: flag, unitriangular: flag };
const TOLERANCES: PlainFields = { atol: number, rtol: number };
const CUTOFF: PlainFields = { rcond: number };

const SINGULAR =
  "is singular: give a matrix with an inverse, or use lstsq or pinv";

/**
 * Options of {@linkcode solve}.
 *
 * @example x a = b
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { solve, type SolveOptions } from "@tenfold/core/linalg";
 *
 * const options: SolveOptions = { left: false };
 * const x = solve(tensor([[2, 0], [0, 4]]), tensor([[2, 4]]), options);
 * assertEquals(await x.toArray(), [[1, 1]]);
 * ```
 */
export interface SolveOptions {
  /** Whether to solve `a x = b`; false solves `x a = b`. @default {true} */
  readonly left?: boolean;
}

/** Whether `b` is one column for each matrix, as PyTorch decides it. */
const isVector = (a: Tensor, b: Tensor): boolean =>
  b.ndim === 1 ||
  b.ndim === a.ndim - 1 && sameShape(b.shape, a.shape.slice(0, -1));

/**
 * Solves systems of linear equations by elimination with pivots.
 *
 * @param a Square matrices of floats, `[..., n, n]`.
 * @param b `[..., n, k]`, or one column a matrix, `[..., n]`; leading dims
 * broadcast. Of the dtype of `a`.
 * @param options `left`. @default {left: true}
 * @returns x, of the shape of `b`.
 * @throws {ShapeError} If they do not fit.
 * @throws {RangeError} If a matrix is singular.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example Two equations
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { solve } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = solve(tensor([[2, 0], [0, 4]]), tensor([2, 8]));
 * assertEquals(await x.toArray(), [1, 2]);
 * ```
 */
export function solve<D extends DType>(
  a: Tensor<D>,
  b: Tensor<D>,
  options: SolveOptions = {},
): Tensor<FloatOf<D>> {
  checkMatrices("solve", arguments, 3, a);
  checkTensor(b, "the right side", "solve");
  checkPlain(LEFT, options, "solve");
  checkSquare("solve", a);
  checkFloats("solve", b);
  const { left = true } = options;
  const vector = isVector(a, b);
  const extent = b.shape[b.ndim - (vector || !left ? 1 : 2)];
  if (b.ndim === 0 || extent !== a.shape[a.ndim - 1]) {
    throw new ShapeError(
      `Cannot solve as the right side must have ${a.shape[a.ndim - 1]} ${
        left ? "rows" : "columns"
      }: got shapes ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  }
  return tidyNow(() => {
    const columns = vector ? b.unsqueeze(-1) : left ? b : flip(b);
    const [matrices, sides] = sameBatch(
      "solve",
      left ? a : flip(a),
      columns,
    );
    const x = applyLinalg("solve", [matrices, sides]);
    refuseFailures("solve", x, [matrices, sides], SINGULAR);
    return vector ? x.squeeze(-1) : left ? x : flip(x);
  }) as Floats<D>;
}

/**
 * Options of {@linkcode solveTriangular}.
 *
 * @example A lower triangle with ones on its diagonal
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import {
 *   solveTriangular,
 *   type SolveTriangularOptions,
 * } from "@tenfold/core/linalg";
 *
 * const options: SolveTriangularOptions = {
 *   upper: false,
 *   unitriangular: true,
 * };
 * const a = tensor([[9, 0], [2, 9]]);
 * const x = solveTriangular(a, tensor([[1], [5]]), options);
 * assertEquals(await x.toArray(), [[1], [3]]);
 * ```
 */
export interface SolveTriangularOptions {
  /**
   * Whether `a` is upper triangular; elements below the diagonal are not read.
   */
  readonly upper: boolean;
  /** Whether to solve `a x = b`; false solves `x a = b`. @default {true} */
  readonly left?: boolean;
  /** Whether the diagonal of `a` is taken to be ones. @default {false} */
  readonly unitriangular?: boolean;
}

/**
 * Solves systems with a triangular matrix. A zero on the diagonal gives
 * infinities, as in PyTorch.
 *
 * @param a Square matrices of floats, `[..., n, n]`.
 * @param b `[..., n, k]`; leading dims broadcast.
 * @param options `upper`, `left` and `unitriangular`.
 * @returns x, of the shape of `b`.
 * @throws {ShapeError} If they do not fit.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example From top to bottom
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { solveTriangular } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const a = tensor([[1, 0], [2, 1]]);
 * const x = solveTriangular(a, tensor([[3], [7]]), { upper: false });
 * assertEquals(await x.toArray(), [[3], [1]]);
 * ```
 */
export function solveTriangular<D extends DType>(
  a: Tensor<D>,
  b: Tensor<D>,
  options: SolveTriangularOptions,
): Tensor<FloatOf<D>> {
  checkMatrices("solveTriangular", arguments, 3, a, b);
  checkPlain(TRIANGLE, options, "solveTriangular");
  const { upper, left = true, unitriangular = false } = options ?? {};
  if (typeof upper !== "boolean") {
    throw new TypeError(
      "Cannot solveTriangular as upper must be true or false: give { upper: false } for a lower triangle",
    );
  }
  checkSquare("solveTriangular", a);
  return tidyNow(() => {
    const [matrices, sides] = left
      ? sameBatch("solveTriangular", a, b)
      : sameBatch("solveTriangular", flip(a), flip(b));
    const x = applyLinalg(
      "solveTriangular",
      [matrices, sides],
      (left ? upper : !upper) ? 1 : 0,
      unitriangular ? 1 : 0,
    );
    return left ? x : flip(x);
  }) as Floats<D>;
}

/** The identity matrices beside `a`. */
function identityLike(a: Tensor): Tensor {
  const n = a.shape[a.ndim - 1]!;
  const { dtype, device } = a;
  const [ones] = apply({ name: "eye", rows: n, columns: n, dtype }, [], device);
  return ones!.expand(a.shape);
}

/**
 * The inverse of square matrices.
 *
 * @param a Floats, `[..., n, n]`.
 * @returns `[..., n, n]`.
 * @throws {ShapeError} If they are not square.
 * @throws {RangeError} If a matrix is singular.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example Of a diagonal
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inv } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const y = inv(tensor([[2, 0], [0, 4]]));
 * assertEquals(await y.toArray(), [[0.5, 0], [0, 0.25]]);
 * ```
 */
export function inv<D extends DType>(a: Tensor<D>): Tensor<FloatOf<D>> {
  checkMatrices("inv", arguments, 1, a);
  checkSquare("inv", a);
  return tidyNow(() => {
    const x = applyLinalg("solve", [a, identityLike(a)]);
    refuseFailures("inv", x, [a], SINGULAR);
    return x;
  }) as Floats<D>;
}

/**
 * The determinant of square matrices; its gradient is that of the cofactors, so
 * that it is also correct for singular matrices.
 *
 * @param a Floats, `[..., n, n]`.
 * @returns `[...]`.
 * @throws {ShapeError} If they are not square.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example Of two rows
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { det } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await det(tensor([[2, 1], [0, 4]])).item(), 8);
 * ```
 */
export function det<D extends DType>(a: Tensor<D>): Tensor<FloatOf<D>> {
  checkMatrices("det", arguments, 1, a);
  checkSquare("det", a);
  return applyLinalg("det", [a]) as Floats<D>;
}

/**
 * The result of {@linkcode slogdet}.
 *
 * @example The determinant of a matrix
 * ```ts
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { type SignAndLog, slogdet } from "@tenfold/core/linalg";
 *
 * const { sign, logabsdet }: SignAndLog = slogdet(tensor([[0, 2], [1, 0]]));
 * assertEquals(await sign.item(), -1);
 * assertAlmostEquals(await logabsdet.item(), Math.log(2), 1e-6);
 * ```
 */
export interface SignAndLog<D extends DType = AnyDType> {
  /** 1, -1, or 0 for a singular matrix. It has no gradient. */
  readonly sign: Tensor<D>;
  /** The logarithm of the absolute value; -Infinity for a singular matrix. */
  readonly logabsdet: Tensor<D>;
}

/**
 * The sign of the determinant and the logarithm of its absolute value, which
 * neither overflow nor underflow.
 *
 * @param a Floats, `[..., n, n]`.
 * @returns `sign` and `logabsdet`, each `[...]`.
 * @throws {ShapeError} If they are not square.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example A negative one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { slogdet } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const { sign, logabsdet } = slogdet(tensor([[0, 1], [1, 0]]));
 * assertEquals([await sign.item(), await logabsdet.item()], [-1, 0]);
 * ```
 */
export function slogdet<D extends DType>(
  a: Tensor<D>,
): SignAndLog<FloatOf<D>> {
  checkMatrices("slogdet", arguments, 1, a);
  checkSquare("slogdet", a);
  return tidyNow(() => {
    const found = applyLinalg("slogdet", [a]);
    return {
      sign: found.detach().select(-1, 0) as Floats<D>,
      logabsdet: found.select(-1, 1) as Floats<D>,
    };
  });
}

/**
 * Options of {@linkcode pinv} and {@linkcode matrixRank}.
 *
 * @example What counts as 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { matrixRank, type ToleranceOptions } from "@tenfold/core/linalg";
 *
 * const options: ToleranceOptions = { atol: 0.01 };
 * const rank = matrixRank(tensor([[1, 0], [0, 0.001]]), options);
 * assertEquals(await rank.item(), 1);
 * ```
 */
export interface ToleranceOptions {
  /** Singular values up to this count as 0. @default {0} */
  readonly atol?: number;
  /**
   * Singular values up to this times the largest one count as 0 too.
   *
   * @default {max(m, n) times the distance of 1 from the next number; 0 if
   * `atol` is given}
   */
  readonly rtol?: number;
}

/** Both tolerances of a matrix. */
export function tolerancesOf(
  name: string,
  x: Tensor,
  options: ToleranceOptions,
): [rtol: number, atol: number] {
  checkPlain(TOLERANCES, options, name);
  const { atol = 0 } = options;
  const { rtol = atol > 0 ? 0 : defaultTolerance(x) } = options;
  for (const [what, value] of Object.entries({ atol, rtol })) {
    if (value >= 0) continue;
    throw new RangeError(
      `Cannot ${name} as ${what} must not be negative: got ${value}`,
    );
  }
  return [rtol, atol];
}

/**
 * The Moore-Penrose pseudo-inverse, by singular values. Its gradient is that of
 * matrices of the same rank, also where singular values are equal.
 *
 * @param a Floats, `[..., m, n]`.
 * @param options `atol` and `rtol`, below which singular values count as 0.
 * @returns `[..., n, m]`.
 * @throws {ShapeError} If there are fewer than 2 dims.
 * @throws {RangeError} If a tolerance is negative.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example Of a column
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pinv } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await pinv(tensor([[2], [0]])).toArray(), [[0.5, 0]]);
 * ```
 */
export function pinv<D extends DType>(
  a: Tensor<D>,
  options: ToleranceOptions = {},
): Tensor<FloatOf<D>> {
  checkMatrices("pinv", arguments, 2, a);
  return applyLinalg(
    "pinv",
    [a],
    ...tolerancesOf("pinv", a, options),
  ) as Tensor<
    FloatOf<D>
  >;
}

/**
 * Options of {@linkcode lstsq}.
 *
 * @example A larger limit for small singular values
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, tensor } from "@tenfold/tenfold";
 * import { lstsq, type LstsqOptions } from "@tenfold/core/linalg";
 *
 * const options: LstsqOptions = { rcond: 1e-3 };
 * const { rank } = lstsq(tensor([[1, 0], [0, 1e-5]]), ones([2, 1]), options);
 * assertEquals(await rank.item(), 1);
 * ```
 */
export interface LstsqOptions {
  /**
   * Singular values up to this times the largest one count as 0.
   *
   * @default {max(m, n) times the distance of 1 from the next number}
   */
  readonly rcond?: number;
}

/**
 * The result of {@linkcode lstsq}.
 *
 * @example A line through three points
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { type LeastSquares, lstsq } from "@tenfold/core/linalg";
 *
 * const a = tensor([[0, 1], [1, 1], [2, 1]]);
 * const fit: LeastSquares = lstsq(a, tensor([[1], [3], [5]]));
 * assertAlmostEquals(await fit.solution.index(0, 0).item(), 2, 1e-4);
 * ```
 */
export interface LeastSquares<D extends DType = AnyDType> {
  /** The minimum-norm x that minimises `|a x - b|`, `[..., n, k]`. */
  readonly solution: Tensor<D>;
  /** The sum of the squares of `a x - b` over the rows, `[..., k]`. */
  readonly residuals: Tensor<D>;
  /** The rank of each matrix, int32. */
  readonly rank: Tensor<"int32">;
  /** The singular values in descending order. They have no gradient. */
  readonly singularValues: Tensor<D>;
}

/**
 * Least squares: the x that minimises `|a x - b|`, the one of minimum norm if
 * `a` is rank deficient. PyTorch leaves `residuals` empty where rank is lacking
 * or there are no more rows than columns; here they are always there.
 *
 * @param a Floats, `[..., m, n]`.
 * @param b `[..., m, k]`, or one column a matrix, `[..., m]`; leading dims
 * broadcast.
 * @param options `rcond`.
 * @throws {ShapeError} If they do not fit.
 * @throws {RangeError} If `rcond` is negative.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example A mean
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { lstsq } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const { solution } = lstsq(tensor([[1], [1]]), tensor([[2], [4]]));
 * assertAlmostEquals(await solution.item(), 3, 1e-5);
 * ```
 */
export function lstsq<D extends DType>(
  a: Tensor<D>,
  b: Tensor<D>,
  options: LstsqOptions = {},
): LeastSquares<FloatOf<D>> {
  checkMatrices("lstsq", arguments, 3, a);
  checkTensor(b, "the right side", "lstsq");
  checkFloats("lstsq", b);
  checkPlain(CUTOFF, options, "lstsq");
  const { rcond = defaultTolerance(a) } = options;
  if (!(rcond >= 0)) {
    throw new RangeError(
      `Cannot lstsq as rcond must not be negative: got ${rcond}`,
    );
  }
  const vector = isVector(a, b);
  if (b.shape[b.ndim - (vector ? 1 : 2)] !== a.shape[a.ndim - 2]) {
    throw new ShapeError(
      `Cannot lstsq as the right side must have ${
        a.shape[a.ndim - 2]
      } rows: got shapes ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  }
  return tidyNow(() => {
    const [matrices, sides] = sameBatch(
      "lstsq",
      a,
      vector ? b.unsqueeze(-1) : b,
    );
    const x = applyLinalg("pinv", [matrices], rcond, 0).matmul(sides);
    const left = matrices.matmul(x).sub(sides).square().sum(-2);
    const values = singularValuesOf(a.detach());
    return {
      solution: vector ? x.squeeze(-1) : x,
      residuals: vector ? left.squeeze(-1) : left,
      rank: rankOf(values, rcond, 0),
      singularValues: values,
    } as LeastSquares<FloatOf<D>>;
  });
}

/** The singular values of matrices. */
export function singularValuesOf(a: Tensor): Tensor {
  const [m, n] = a.shape.slice(-2) as [number, number];
  const k = Math.min(m, n);
  return partOf(applyLinalg("svd", [a]), m * k, k);
}

/** How many singular values count. */
export function rankOf(values: Tensor, rtol: number, atol: number): Tensor {
  if (values.shape[values.ndim - 1] === 0) {
    return values.sum(-1).cast("int32");
  }
  const floor = values.narrow(-1, 0, 1).mul(rtol).maximum(atol);
  return values.gt(floor).cast("int32").sum(-1);
}
