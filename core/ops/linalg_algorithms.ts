/**
 * What each algorithm on matrices computes, for one matrix of a batch, in
 * double precision. Algorithms with several results give them behind one
 * another as one vector, whose parts are views.
 *
 * @module
 */
import { symmetricEigen } from "../matrices/eigen.ts";
import { orthogonalise } from "../matrices/householder.ts";
import {
  choleskyOf,
  determinant,
  logDeterminant,
  solveSystem,
  solveTriangle,
  transposed,
} from "../matrices/lu.ts";
import {
  cofactors,
  completed,
  pseudoInverse,
  singularValues,
} from "../matrices/singular.ts";
import type { Shape } from "../shape.ts";
import type { LinalgOp } from "./linalg.ts";

/**
 * The extents of the matrices: a is `[m, n]`, b (if any) `[n, k]`.
 *
 * @example Three equations with two unknowns
 * ```ts
 * import type { Extents } from "@tenfold/core/backend";
 *
 * const extents: Extents = { m: 3, n: 2, k: 1 };
 * ```
 */
export interface Extents {
  /** Rows of a. */
  readonly m: number;
  /** Columns of a. */
  readonly n: number;
  /** Columns of b. */
  readonly k: number;
}

/**
 * One algorithm.
 *
 * @example An algorithm by name
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Algorithm, LINALG_ALGORITHMS } from "@tenfold/core/backend";
 *
 * const cholesky: Algorithm = LINALG_ALGORITHMS.cholesky;
 * assertEquals(cholesky.square, true);
 * ```
 */
export interface Algorithm {
  /** Whether a must have as many rows as columns. */
  readonly square: boolean;
  /** How many inputs it takes. */
  readonly inputs: 1 | 2;
  /** What stands in the place of the matrix in the result. */
  readonly shape: (op: LinalgOp, extents: Extents) => Shape;
  /** The result for one matrix. */
  readonly run: (
    op: LinalgOp,
    extents: Extents,
    a: Float64Array,
    b: Float64Array,
  ) => Float64Array | readonly number[];
}

const together = (...parts: readonly Float64Array[]): Float64Array => {
  const out = new Float64Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

/** The columns of q: all of them, or as many as r has rows. */
export const columnsOf = ({ first }: LinalgOp, { m, n }: Extents): number =>
  first === 1 ? m : Math.min(m, n);

const same = (_: LinalgOp, { m, n }: Extents): Shape => [m, n];
const solution = (_: LinalgOp, { n, k }: Extents): Shape => [n, k];

/**
 * Every algorithm by name.
 *
 * @example The determinant of a matrix
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LINALG_ALGORITHMS } from "@tenfold/core/backend";
 *
 * const extents = { m: 2, n: 2, k: 0 };
 * const a = Float64Array.of(2, 0, 0, 3);
 * const det = LINALG_ALGORITHMS.det;
 * const op = { name: "linalg", algorithm: "det" } as const;
 * assertEquals(Array.from(det.run(op, extents, a, new Float64Array())), [6]);
 * ```
 */
export const ALGORITHMS: {
  readonly [N in LinalgOp["algorithm"]]: Algorithm;
} = {
  cholesky: {
    square: true,
    inputs: 1,
    shape: same,
    run: (_, { n }, a) => choleskyOf(a, n),
  },
  solve: {
    square: true,
    inputs: 2,
    shape: solution,
    run: (_, { n, k }, a, b) => solveSystem(a, b, n, k),
  },
  solveTriangular: {
    square: true,
    inputs: 2,
    shape: solution,
    run(op, { n, k }, a, b) {
      const x = b.slice();
      const triangle = { upper: op.first === 1, unit: op.second === 1 };
      solveTriangle(a, x, n, k, triangle);
      return x;
    },
  },
  det: {
    square: true,
    inputs: 1,
    shape: () => [],
    run: (_, { n }, a) => [determinant(a, n)],
  },
  slogdet: {
    square: true,
    inputs: 1,
    shape: () => [2],
    run: (_, { n }, a) => logDeterminant(a, n),
  },
  cofactor: {
    square: true,
    inputs: 1,
    shape: same,
    run: (_, { n }, a) => cofactors(a, n),
  },
  pinv: {
    square: false,
    inputs: 1,
    shape: (_, { m, n }) => [n, m],
    run: (op, { m, n }, a) => pseudoInverse(a, m, n, op.first!, op.second!),
  },
  /** q, then r. */
  qr: {
    square: false,
    inputs: 1,
    shape: (op, extents) => [columnsOf(op, extents) * (extents.m + extents.n)],
    run(op, extents, a) {
      const { m, n } = extents;
      const { q, r } = orthogonalise(a, m, n, columnsOf(op, extents));
      return together(q, r);
    },
  },
  /** The values, then the vectors as columns. */
  eigh: {
    square: true,
    inputs: 1,
    shape: (_, { n }) => [n + n * n],
    run(_, { n }, a) {
      const { values, rows } = symmetricEigen(a, n);
      return together(values, transposed(rows, n, n));
    },
  },
  /** u, the values, then v transposed. */
  svd: {
    square: false,
    inputs: 1,
    shape({ first }, { m, n }) {
      const k = Math.min(m, n);
      return [first === 1 ? m * m + k + n * n : k * (m + 1 + n)];
    },
    run({ first }, { m, n }, a) {
      const k = Math.min(m, n);
      const { values, left, right } = singularValues(a, m, n);
      if (first !== 1) return together(transposed(left, k, m), values, right);
      const whole = completed(left, k, m);
      return together(
        transposed(whole, m, m),
        values,
        completed(right, k, n),
      );
    },
  },
};

/** The names in the order in which launches count them. */
export const NAMES = /* @__PURE__ */ Object.keys(
  ALGORITHMS,
) as LinalgOp["algorithm"][];
