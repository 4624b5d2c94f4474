/**
 * Linear algebra: systems of equations, and matrices taken apart. All of it
 * works on batches, `[..., m, n]`, of float32 and float64, computes in double
 * precision, and has gradients to any order.
 *
 * It runs on backends that are read without waiting, `wasm-simd` and
 * `cpu-typedarray`. On `webgpu` it is refused: move matrices to the processor
 * with `await t.to("cpu-typedarray")`.
 *
 * @example A line through points
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { lstsq } from "@tenfold/core/linalg";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([[0, 1], [1, 1], [2, 1]]);
 * const { solution } = lstsq(x, tensor([1, 3, 5]));
 * assertAlmostEquals(await solution.index(0).item(), 2, 1e-5); // slope
 * assertAlmostEquals(await solution.index(1).item(), 1, 1e-5); // intercept
 * ```
 *
 * @module
 */
export {
  cholesky,
  type Eigh,
  eigh,
  type EighOptions,
  eigvalsh,
  type QR,
  qr,
  type SVD,
  svd,
  svdvals,
} from "./decompose.ts";
export {
  matrixNorm,
  type MatrixNormOptions,
  type MatrixOrder,
  matrixRank,
} from "./norms.ts";
export {
  det,
  inv,
  type LeastSquares,
  lstsq,
  type LstsqOptions,
  pinv,
  type SignAndLog,
  slogdet,
  solve,
  type SolveOptions,
  solveTriangular,
  type SolveTriangularOptions,
  type ToleranceOptions,
} from "./solve.ts";
