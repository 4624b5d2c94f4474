/**
 * Matrices taken apart: by Cholesky, QR, eigenvalues and singular values.
 *
 * @module
 */
import type { AnyDType, DType, FloatOf } from "../dtype.ts";
import { checkPlain, flag, type PlainFields, text } from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import {
  applyLinalg,
  checkMatrices,
  checkSquare,
  flip,
  type Floats,
  partOf,
  refuseFailures,
} from "./apply.ts";
import { singularValuesOf } from "./solve.ts";

const UPPER: PlainFields = { upper: flag };
const MODE: PlainFields = { mode: text };
const TRIANGLE: PlainFields = { uplo: text };
const FULL: PlainFields = { fullMatrices: flag };

/**
 * The Cholesky decomposition: the lower triangular matrix `l` with `l lᵀ = a`.
 *
 * @param a Symmetric, positive definite matrices of floats, `[..., n, n]`; only
 * the lower triangle is read.
 * @param options `upper` gives `lᵀ`. @default {upper: false}
 * @returns `[..., n, n]`.
 * @throws {ShapeError} If they are not square.
 * @throws {RangeError} If a matrix is not positive definite.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example Of a covariance
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cholesky } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const l = cholesky(tensor([[4, 2], [2, 5]]));
 * assertEquals(await l.toArray(), [[2, 0], [1, 2]]);
 * ```
 */
export function cholesky<D extends DType>(
  a: Tensor<D>,
  options: { upper?: boolean } = {},
): Tensor<FloatOf<D>> {
  checkMatrices("cholesky", arguments, 2, a);
  checkPlain(UPPER, options, "cholesky");
  checkSquare("cholesky", a);
  return tidyNow(() => {
    const found = applyLinalg("cholesky", [a]);
    refuseFailures(
      "cholesky",
      found,
      [a],
      "is not positive definite: add a small number to its diagonal, or use eigh",
    );
    return options.upper ? flip(found) : found;
  }) as Floats<D>;
}

/**
 * The factors of {@linkcode qr}.
 *
 * @example The factors of a matrix
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { type QR, qr } from "@tenfold/core/linalg";
 *
 * const a = tensor([[3, 1], [4, 2]]);
 * const { q, r }: QR = qr(a);
 * assertAlmostEquals(await q.matmul(r).index(1, 0).item(), 4, 1e-5);
 * ```
 */
export interface QR<D extends DType = AnyDType> {
  /** The matrix Q, with orthonormal columns. */
  readonly q: Tensor<D>;
  /** The matrix R, upper triangular. */
  readonly r: Tensor<D>;
}

/**
 * The QR decomposition `a = q r`, with orthonormal columns of `q` and an upper
 * triangular `r`.
 *
 * @param a Floats, `[..., m, n]`.
 * @param options `mode`: "reduced" gives `min(m, n)` columns of q, "complete"
 * all m, whose gradient exists only where m ≤ n. @default {mode: "reduced"}
 * @returns `q` `[..., m, k]` and `r` `[..., k, n]`.
 * @throws {ShapeError} If there are fewer than 2 dims.
 * @throws {RangeError} If the mode is unknown.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example The product gives it back
 * ```ts
 * import { assert } from "@std/assert";
 * import { allClose } from "@tenfold/core/functions";
 * import { qr } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const a = tensor([[1, 2], [3, 4], [5, 6]]);
 * const { q, r } = qr(a);
 * assert(await allClose(q.matmul(r), a, { atol: 1e-5 }));
 * ```
 */
export function qr<D extends DType>(
  a: Tensor<D>,
  options: { mode?: "reduced" | "complete" } = {},
): QR<FloatOf<D>> {
  checkMatrices("qr", arguments, 2, a);
  checkPlain(MODE, options, "qr");
  const { mode = "reduced" } = options;
  if (mode !== "reduced" && mode !== "complete") {
    throw new RangeError(
      `Cannot qr as the mode must be "reduced" or "complete": got "${mode}"`,
    );
  }
  return tidyNow(() => {
    const [m, n] = a.shape.slice(-2) as [number, number];
    const k = mode === "complete" ? m : Math.min(m, n);
    const found = applyLinalg("qr", [a], mode === "complete" ? 1 : 0);
    return {
      q: partOf(found, 0, m, k) as Floats<D>,
      r: partOf(found, m * k, k, n) as Floats<D>,
    };
  });
}

/**
 * The result of {@linkcode eigh}.
 *
 * @example The eigenvalues
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { type Eigh, eigh } from "@tenfold/core/linalg";
 *
 * const result: Eigh = eigh(tensor([[2, 0], [0, 1]]));
 * assertEquals(await result.eigenvalues.toArray(), [1, 2]);
 * ```
 */
export interface Eigh<D extends DType = AnyDType> {
  /** The eigenvalues in ascending order, `[..., n]`. */
  readonly eigenvalues: Tensor<D>;
  /** The eigenvectors as columns, `[..., n, n]`. */
  readonly eigenvectors: Tensor<D>;
}

/**
 * Options of {@linkcode eigh}.
 *
 * @example The upper triangle
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { eigh, type EighOptions } from "@tenfold/core/linalg";
 *
 * const options: EighOptions = { uplo: "U" };
 * const { eigenvalues } = eigh(tensor([[2, 0], [9, 1]]), options);
 * assertEquals(await eigenvalues.toArray(), [1, 2]);
 * ```
 */
export interface EighOptions {
  /** Which triangle is read: "L", the lower one, or "U". @default {"L"} */
  readonly uplo?: "L" | "U";
}

/** The packed result, and the extent. */
function eigenOf(
  name: string,
  a: Tensor,
  options: EighOptions,
): [Tensor, number] {
  checkPlain(TRIANGLE, options, name);
  const { uplo = "L" } = options;
  if (uplo !== "L" && uplo !== "U") {
    throw new RangeError(
      `Cannot ${name} as uplo must be "L" or "U": got "${uplo}"`,
    );
  }
  checkSquare(name, a);
  const found = applyLinalg("eigh", [uplo === "L" ? a : flip(a)]);
  return [found, a.shape[a.ndim - 1]!];
}

/**
 * Eigenvalues and eigenvectors of symmetric matrices. The sign of each vector
 * is such that its largest element is positive. Where eigenvalues are equal,
 * their vectors are any basis of their space: the gradient is then right for
 * sums over the values and for the projection onto the space, and finite
 * (PyTorch's is infinite, NaN or what rounding leaves).
 *
 * @param a Symmetric matrices of floats, `[..., n, n]`.
 * @param options `uplo`, the triangle that is read. @default {uplo: "L"}
 * @returns `eigenvalues`, ascending, and `eigenvectors`.
 * @throws {ShapeError} If they are not square.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example Of a diagonal
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { eigh } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const { eigenvalues, eigenvectors } = eigh(tensor([[3, 0], [0, 1]]));
 * assertEquals(await eigenvalues.toArray(), [1, 3]);
 * assertEquals(await eigenvectors.abs().toArray(), [[0, 1], [1, 0]]);
 * ```
 */
export function eigh<D extends DType>(
  a: Tensor<D>,
  options: EighOptions = {},
): Eigh<FloatOf<D>> {
  checkMatrices("eigh", arguments, 2, a);
  return tidyNow(() => {
    const [found, n] = eigenOf("eigh", a, options);
    return {
      eigenvalues: partOf(found, 0, n) as Floats<D>,
      eigenvectors: partOf(found, n, n, n) as Floats<D>,
    };
  });
}

/**
 * The eigenvalues of symmetric matrices, in ascending order.
 *
 * @param a Symmetric matrices of floats, `[..., n, n]`.
 * @param options `uplo`, the triangle that is read. @default {uplo: "L"}
 * @returns `[..., n]`.
 * @throws {ShapeError} If they are not square.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example Of a diagonal
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { eigvalsh } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const values = eigvalsh(tensor([[3, 0], [0, 1]]));
 * assertEquals(await values.toArray(), [1, 3]);
 * ```
 */
export function eigvalsh<D extends DType>(
  a: Tensor<D>,
  options: EighOptions = {},
): Tensor<FloatOf<D>> {
  checkMatrices("eigvalsh", arguments, 2, a);
  return tidyNow(() => {
    const [found, n] = eigenOf("eigvalsh", a, options);
    return partOf(found, 0, n);
  }) as Floats<D>;
}

/**
 * The result of {@linkcode svd}.
 *
 * @example The singular values
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { type SVD, svd } from "@tenfold/core/linalg";
 *
 * const { s }: SVD = svd(tensor([[3, 0], [0, 2]]));
 * assertEquals(await s.toArray(), [3, 2]);
 * ```
 */
export interface SVD<D extends DType = AnyDType> {
  /** The left singular vectors as columns. */
  readonly u: Tensor<D>;
  /** The singular values in descending order. */
  readonly s: Tensor<D>;
  /** The right singular vectors as rows. */
  readonly vh: Tensor<D>;
}

/**
 * The singular value decomposition `a = u diag(s) vh`, with orthonormal columns
 * of `u` and rows of `vh`. The signs of each pair of vectors are such that the
 * largest element of that of `vh` is positive. Where singular values are equal
 * or 0, the gradient leaves out the turns of their vectors among themselves,
 * and is finite (PyTorch's is infinite, NaN or what rounding leaves).
 *
 * @param a Floats, `[..., m, n]`.
 * @param options `fullMatrices` gives all m columns of `u` and all n rows of
 * `vh`, else there are `min(m, n)` of each. The columns and rows beyond are any
 * that fit, so gradients leave them out, as PyTorch's do. @default {fullMatrices: true}
 * @returns `u`, `s` and `vh`.
 * @throws {ShapeError} If there are fewer than 2 dims.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example The product gives it back
 * ```ts
 * import { assert } from "@std/assert";
 * import { allClose } from "@tenfold/core/functions";
 * import { svd } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const a = tensor([[1, 2], [3, 4], [5, 6]]);
 * const { u, s, vh } = svd(a, { fullMatrices: false });
 * assert(await allClose(u.mul(s).matmul(vh), a, { atol: 1e-5 }));
 * ```
 */
export function svd<D extends DType>(
  a: Tensor<D>,
  options: { fullMatrices?: boolean } = {},
): SVD<FloatOf<D>> {
  checkMatrices("svd", arguments, 2, a);
  checkPlain(FULL, options, "svd");
  const { fullMatrices = true } = options;
  return tidyNow(() => {
    const [m, n] = a.shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    const [left, right] = fullMatrices ? [m, n] : [k, k];
    const found = applyLinalg("svd", [a], fullMatrices ? 1 : 0);
    return {
      u: partOf(found, 0, m, left) as Floats<D>,
      s: partOf(found, m * left, k) as Floats<D>,
      vh: partOf(found, m * left + k, right, n) as Floats<D>,
    };
  });
}

/**
 * The singular values of matrices, in descending order.
 *
 * @param a Floats, `[..., m, n]`.
 * @returns `[..., min(m, n)]`.
 * @throws {ShapeError} If there are fewer than 2 dims.
 * @throws {DeviceError} On devices that cannot be read synchronously.
 * @example Of a diagonal
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { svdvals } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const values = svdvals(tensor([[3, 0], [0, -4]]));
 * assertEquals(await values.toArray(), [4, 3]);
 * ```
 */
export function svdvals<D extends DType>(a: Tensor<D>): Tensor<FloatOf<D>> {
  checkMatrices("svdvals", arguments, 1, a);
  return tidyNow(() => singularValuesOf(a)) as Floats<D>;
}
