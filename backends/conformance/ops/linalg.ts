/**
 * Linear algebra, which core computes itself: that it finds the matrices of a
 * batch in every layout. What its numbers are worth is held by figures of
 * PyTorch.
 *
 * @module
 */
import type { Shape } from "@tenfold/core";
import {
  addLinalg,
  LINALG_ALGORITHMS,
  type LinalgOp,
} from "@tenfold/core/backend";
import type { Layout } from "../layout.ts";
import type { Operand } from "../session.ts";
import { operand, rotated } from "./cases.ts";
import type { Case, SpecFamily } from "./spec.ts";
import { fit, type Plain } from "./plain.ts";

addLinalg();

/** The results for each matrix of a batch. */
function ofBatch(op: LinalgOp, [a, b]: readonly Plain[]): Plain {
  const { run, shape } = LINALG_ALGORITHMS[op.algorithm];
  const [m, n] = a!.shape.slice(-2) as [number, number];
  const k = b?.shape.at(-1) ?? 0;
  const batch = a!.shape.slice(0, -2);
  const count = batch.reduce((product, extent) => product * extent, 1);
  const data: number[] = [];
  for (let i = 0; i < count; i++) {
    const of = (x: Plain | undefined, size: number) =>
      Float64Array.from(x?.data.slice(i * size, (i + 1) * size) ?? []);
    data.push(...run(op, { m, n, k }, of(a, m * n), of(b, n * k)));
  }
  const { dtype } = a!;
  return {
    shape: [...batch, ...shape(op, { m, n, k })],
    dtype,
    data: data.map((x) => fit(dtype, x)),
  };
}

/** Well-conditioned matrices of any extents, positive definite where square. */
function matrices(shape: Shape, layout: Layout, seed = 0): Operand {
  const [m, n] = shape.slice(-2) as [number, number];
  const size = shape.reduce((product, extent) => product * extent, 1);
  const values = Array.from({ length: size }, (_, at) => {
    const [i, j] = [Math.floor(at / n) % m, at % n];
    const low = Math.min(i, j);
    const high = Math.max(i, j);
    const other = Math.cos(1 + seed + 2.3 * low + 0.7 * high + at / (m * n));
    return i === j ? 2 + i + Math.max(m, n) / 2 : 0.4 * other;
  });
  return operand(shape, "float64", layout, values);
}

type Algorithm = LinalgOp["algorithm"];

const op = (algorithm: Algorithm, first = 0, second = 0): LinalgOp => ({
  name: "linalg",
  algorithm,
  first,
  second,
});

const SQUARE: readonly LinalgOp[] = [
  op("cholesky"),
  op("det"),
  op("slogdet"),
  op("cofactor"),
  op("eigh"),
];
const ANY: readonly LinalgOp[] = [
  op("pinv", 1e-9, 1e-12),
  op("qr"),
  op("qr", 1),
  op("svd"),
  op("svd", 1),
];
const SOLVERS: readonly LinalgOp[] = [
  op("solve"),
  op("solveTriangular"),
  op("solveTriangular", 1),
  op("solveTriangular", 0, 1),
  op("solveTriangular", 1, 1),
];

/** The specs of linear algebra. */
export const LINALG_SPECS: SpecFamily<LinalgOp> = {
  linalg: {
    meaning: (op, inputs) => [ofBatch(op, inputs)],
    onHost: true,
    // Core computes it in float64 alone; float32 is rounded at the end.
    dtypes: ["float64"],
    *cases(): Iterable<Case<LinalgOp>> {
      let l = 0;
      for (const batch of [[], [3], [2, 2], [0]]) {
        for (const [m, n] of [[1, 1], [4, 4], [5, 2], [2, 5], [0, 0], [3, 0]]) {
          const a = () => matrices([...batch, m!, n!], rotated(l++));
          for (const op of m === n ? [...SQUARE, ...ANY] : ANY) {
            yield { op, inputs: [a()] };
          }
          if (m !== n) continue;
          for (const op of SOLVERS) {
            const b = operand([...batch, n!, 3], "float64", rotated(l++));
            yield { op, inputs: [a(), b] };
          }
        }
      }
    },
    tolerance: () => ({ epsilons: 64 }),
    *smooth(dtype): Iterable<Case<LinalgOp>> {
      if (dtype !== "float64") return;
      for (const [m, n] of [[3, 3], [3, 2], [2, 3]]) {
        // eigh and cholesky read one triangle: their figures are of symmetric
        // matrices. Vectors of svd turn with each other.
        const square = [op("det"), op("slogdet"), op("cofactor")];
        for (
          const one of [...m === n ? square : [], op("pinv", 1e-9), op("qr")]
        ) {
          yield { op: one, inputs: [matrices([m!, n!], "dense")] };
        }
      }
      for (const one of SOLVERS) {
        const b = matrices([3, 2], "dense", 5);
        yield { op: one, inputs: [matrices([3, 3], "dense"), b] };
      }
    },
  },
};
