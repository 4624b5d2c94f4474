/**
 * The matrix product.
 *
 * @module
 */
import { isFloating, type TypedArray } from "@tenfold/core";
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import { forEachRow } from "../positions.ts";
import { multiplyBlocks, type Plane } from "./gemm.ts";
import { type Matrix, packMatrix } from "./pack.ts";
import { productWithVector, type Vector } from "./gemv.ts";

/** So many rows or columns take longer to pack than to multiply. */
const MAX_GEMV_ROWS = 3;

/** Runs `matmul`, batch by batch; float32 is multiplied in float64. */
export function prepareMatmul({ outputs }: RoutineKernel): Launch {
  const integral = !isFloating(outputs[0]!);
  return (call) =>
    forEachRow(call, 3, (at) => {
      const product = productAt(call, at);
      const { m, n, k, a, b, out, bias } = product;
      if (!integral && Math.min(m, n) <= MAX_GEMV_ROWS) multiplyGemv(product);
      else {
        const [packA, packB] = [packMatrix(a), packMatrix(b)];
        multiplyBlocks({ m, n, k, packA, packB, out, bias }, integral);
      }
    });
}

/** The operands of one product. */
interface Operands {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Matrix;
  readonly b: Matrix;
  readonly out: StridedPlane;
  readonly bias: StridedPlane | null;
}

type StridedPlane = Plane & { readonly columns: number };

function productAt(call: KernelCall, at: readonly number[]): Operands {
  const rank = call.shape.length;
  const [m, n, k] = call.shape.slice(-3) as [number, number, number];
  const step = (buffer: number, dim: number) =>
    call.strides[buffer]![rank - 3 + dim]!;
  const plane = (buffer: number): StridedPlane => ({
    data: call.buffers[buffer] as TypedArray,
    start: at[buffer]!,
    rowStep: step(buffer, 0),
    columns: step(buffer, 1),
  });
  const matrix = (buffer: number, dim: number): Matrix => ({
    data: call.buffers[buffer] as TypedArray,
    start: at[buffer]!,
    step: step(buffer, dim),
    depthStep: step(buffer, 2),
  });
  return {
    m,
    n,
    k,
    a: matrix(1, 0),
    b: matrix(2, 1),
    out: plane(0),
    bias: call.buffers.length > 3 ? plane(3) : null,
  };
}

/** Few rows (or columns) are multiplied one by one, without packing. */
function multiplyGemv({ m, n, k, a, b, out, bias }: Operands): void {
  const byRow = m <= n;
  const [narrow, wide] = byRow ? [a, b] : [b, a];
  const lineOf = (plane: StridedPlane, i: number): Vector => {
    const { data, start, rowStep, columns } = plane;
    return byRow
      ? { data, start: start + i * rowStep, step: columns }
      : { data, start: start + i * columns, step: rowStep };
  };
  for (let i = 0; i < Math.min(m, n); i++) {
    productWithVector(
      lineOf(out, i),
      wide,
      { ...narrow, start: narrow.start + i * narrow.step },
      bias && lineOf(bias, i),
      Math.max(m, n),
      k,
    );
  }
}
