/**
 * Products whose epilogue is a kernel of its own: where tiles are so large that
 * a shader would take long to compile, where results are summed up in passes,
 * and where buffers are larger than one binding.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  arg,
  type Expr,
  type Kernel,
  type KernelCall,
  type Launch,
  type RoutineKernel,
  SUMMED_DIMS,
} from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import { prepareMap } from "./map.ts";
import { rewritten } from "./rewritten.ts";

/** Prepares a product and what becomes of it; nothing is made before a call. */
export function prepareApart(
  gpu: Gpu,
  kernel: RoutineKernel,
  prepare: (kernel: Kernel) => Launch | null,
): Launch {
  const { epilogue, inputs, outputs } = kernel;
  const own = epilogue!.inputs;
  const rank = kernel.rank - SUMMED_DIMS[kernel.name]!;
  const dtype: DType = "float32";
  let product: Launch | null = null;
  let rest: Launch | null = null;
  return (call) => {
    product ??= prepare({
      ...kernel,
      outputs: [dtype],
      inputs: inputs.slice(0, own),
      epilogue: undefined,
    })!;
    rest ??= prepare({
      kind: "map",
      rank,
      outputs: outputs.map((dtype) => ({ dtype, access: "strided" })),
      inputs: [...inputs.slice(own), dtype].map((dtype) => ({
        dtype,
        access: "strided",
      })),
      exprs: overResult(epilogue!.exprs, own, inputs.length - own, dtype),
      scalars: call.scalars.length,
    })!;
    const { buffers, offsets, strides } = call;
    const shape = call.shape.slice(0, rank);
    const size = shape.reduce((x, y) => x * y, 1);
    const block = gpu.pool.take(size * 4);
    const made: Memory = { block, dtype, size };
    const from = outputs.length;
    const of = (begin: number, end?: number): KernelCall => ({
      shape,
      buffers: buffers.slice(begin, end),
      offsets: offsets.slice(begin, end),
      strides: strides.slice(begin, end).map((all) => all.slice(0, rank)),
      scalars: call.scalars,
    });
    product({
      ...call,
      buffers: [made, ...buffers.slice(from, from + own)],
      offsets: [0, ...offsets.slice(from, from + own)],
      strides: [strides[0]!, ...strides.slice(from, from + own)],
    });
    const [written, read] = [of(0, from), of(from + own)];
    rest({
      ...written,
      buffers: [...written.buffers, ...read.buffers, made],
      offsets: [...written.offsets, ...read.offsets, 0],
      strides: [
        ...written.strides,
        ...read.strides,
        strides[0]!.slice(0, rank),
      ],
    });
    gpu.pool.give(block);
  };
}

/** The same for a kernel of `prepareProduct`; null if it has no epilogue. */
export function prepareProductApart(
  gpu: Gpu,
  kernel: RoutineKernel<DType>,
  prepareProduct: (gpu: Gpu, kernel: RoutineKernel<DType>) => Launch | null,
): Launch | null {
  if (!kernel.epilogue) return null;
  return prepareApart(
    gpu,
    kernel as RoutineKernel,
    (part) =>
      part.kind === "map"
        ? prepareMap(gpu, part)
        : prepareProduct(gpu, part as RoutineKernel),
  );
}

/** Expressions over the inputs behind the product's, and then its result. */
function overResult(
  exprs: readonly Expr[],
  own: number,
  others: number,
  dtype: DType,
): Expr[] {
  return rewritten(exprs, (expr) => {
    switch (expr.kind) {
      case "arg":
        return arg(expr.index - own, expr.dtype);
      case "accumulator":
        return arg(others, dtype);
      default:
        return expr;
    }
  });
}
