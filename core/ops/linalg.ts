/**
 * Linear algebra: matrices taken apart and systems solved. One primitive for
 * all algorithms, which comes with the functions that apply it. Core computes
 * it itself, in double precision, on backends that are read without waiting.
 *
 * @module
 */
import { type DType, isFloating } from "../dtype.ts";
import { DeviceError, DTypeError, ShapeError, showShape } from "../errors.ts";
import { addHostRoutine, type HostRoutine } from "../lower/host.ts";
import { denseOf } from "../lower/parts.ts";
import type { Meta } from "../op.ts";
import { sameShape, type Shape, sizeOf } from "../shape.ts";
import { ALGORITHMS, type Extents, NAMES } from "./linalg_algorithms.ts";
import { LINALG_GRADIENTS } from "./linalg_gradients.ts";
import type { Family } from "./primitive.ts";
import { addPrimitives } from "./table.ts";

/**
 * An algorithm on the last two dims of `a`, the others being a batch.
 *
 * - `cholesky`, `det`, `cofactor` (det times the transposed inverse)
 * - `slogdet`: `[2]`, the sign and the logarithm
 * - `solve`: a second input `b`
 * - `solveTriangular`: likewise; `first` = 1 takes the upper triangle,
 *   `second` = 1 ones for its diagonal
 * - `pinv`: singular values up to `first` times the largest, or up to `second`,
 *   count as 0
 * - `qr`: q and r as one vector; `first` = 1 for all columns of q
 * - `eigh`: values and vectors as one vector
 * - `svd`: u, s and vᵀ as one vector; `first` = 1 for all of u and v
 *
 * @example The determinant
 * ```ts
 * import type { LinalgOp } from "@tenfold/core/backend";
 *
 * const op: LinalgOp = { name: "linalg", algorithm: "det" };
 * ```
 */
export interface LinalgOp {
  /** Marks the primitive. */
  readonly name: "linalg";
  /** Which algorithm. */
  readonly algorithm:
    | "cholesky"
    | "solve"
    | "solveTriangular"
    | "det"
    | "slogdet"
    | "cofactor"
    | "pinv"
    | "qr"
    | "eigh"
    | "svd";
  /** Its first parameter. @default {0} */
  readonly first?: number;
  /** Its second parameter. @default {0} */
  readonly second?: number;
}

/** The extents of the matrices, and the batch. */
function extentsOf(
  { algorithm }: LinalgOp,
  inputs: readonly Meta[],
): Extents & { readonly batch: Shape } {
  const [a, b] = inputs;
  const { square, inputs: count } = ALGORITHMS[algorithm];
  const dtype: DType = a!.dtype;
  if (!isFloating(dtype) || b && b.dtype !== dtype) {
    throw new DTypeError(
      `Cannot ${algorithm} as matrices must be floats of one dtype: got ${
        inputs.map((x) => x.dtype).join(" and ")
      }, cast them to float32 or float64`,
    );
  }
  const batch = a!.shape.slice(0, -2);
  const [m = 0, n = 0] = a!.shape.slice(-2);
  const [rows, k = 0] = b?.shape.slice(-2) ?? [n];
  if (
    inputs.length !== count || a!.shape.length < 2 || square && m !== n ||
    rows !== n || b && !sameShape(b.shape.slice(0, -2), batch)
  ) {
    throw new ShapeError(
      `Cannot ${algorithm} as it takes ${
        square ? "square matrices" : "matrices"
      }${count === 2 ? " and as many columns of as many rows" : ""}: got ${
        inputs.map((x) => showShape(x.shape)).join(" and ")
      }`,
    );
  }
  return { m, n, k, batch };
}

/** Runs over the batch. */
const compute: HostRoutine = (memory, { shape: [batch], scalars }) => {
  const [index, m, n, k, first, second] = scalars as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const algorithm = NAMES[index]!;
  const { run, shape, inputs } = ALGORITHMS[algorithm];
  const op: LinalgOp = { name: "linalg", algorithm, first, second };
  const extents = { m, n, k };
  const size = sizeOf(shape(op, extents));
  const doubles = (operand: number, length: number) =>
    new Float64Array(memory.lend(operand, length));
  const a = doubles(1, batch! * m * n);
  const b = inputs === 2 ? doubles(2, batch! * n * k) : new Float64Array(0);
  const out = memory.lend(0, batch! * size);
  for (let i = 0; i < batch!; i++) {
    const found = run(
      op,
      extents,
      a.slice(i * m * n, (i + 1) * m * n),
      b.subarray(i * n * k, (i + 1) * n * k),
    );
    out.set(found, i * size);
  }
  memory.done(0, out);
};

/** Linear algebra. */
export const LINALG: Family<LinalgOp> = {
  linalg: {
    single: true,
    infer(op, inputs) {
      const { batch, ...extents } = extentsOf(op, inputs);
      const shape = [...batch, ...ALGORITHMS[op.algorithm].shape(op, extents)];
      return [{ shape, dtype: inputs[0]!.dtype }];
    },
    lower(op, inputs, run, [result]) {
      const { m, n, k, batch } = extentsOf(op, inputs);
      const out = run.allocate(result!.shape, result!.dtype);
      if (out.view.size === 0) return out;
      const dense = inputs.map((x) => denseOf(x, run));
      const done = run.routine(
        "linalg",
        [sizeOf(batch)],
        1,
        [out, ...dense],
        [out, ...dense].map(() => [0]),
        {
          algorithm: NAMES.indexOf(op.algorithm),
          rows: m,
          columns: n,
          others: k,
          first: op.first ?? 0,
          second: op.second ?? 0,
        },
      );
      for (const value of dense) value.release();
      if (done) return out;
      out.release();
      return null;
    },
    decompose({ algorithm }, _, { backend }) {
      throw new DeviceError(
        `Cannot ${algorithm} on ${backend.name} as its memory cannot be read without waiting: move the matrices to the processor with await t.to("cpu-typedarray"), and the result back with await t.to("${backend.name}")`,
      );
    },
    gradient: (op, p) => LINALG_GRADIENTS[op.algorithm][p] ?? null,
  },
};

let added = false;

/**
 * Lets devices run linear algebra.
 *
 * @example Before a device runs linear algebra by itself
 * ```ts
 * import { addLinalg } from "@tenfold/core/backend";
 *
 * addLinalg();
 * ```
 */
export function addLinalg(): void {
  if (added) return;
  added = true;
  addPrimitives(LINALG);
  addHostRoutine("linalg", compute);
}
