/**
 * Products whose results are written more than once, a pass of their sums after
 * the other: computed as float32, and rounded to float16 by a kernel of its own.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  arg,
  castExpr,
  type Launch,
  type RoutineKernel,
  SUMMED_DIMS,
} from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import { prepareMap } from "./map.ts";
import { denseStrides } from "./rows.ts";

/** Prepares a product; nothing is made before it is first launched. */
export function prepareInSingle(
  gpu: Gpu,
  kernel: RoutineKernel<DType>,
  prepare: (gpu: Gpu, kernel: RoutineKernel<DType>) => Launch | null,
): Launch {
  const dtype = kernel.outputs[0]!;
  const rank = kernel.rank - SUMMED_DIMS[kernel.name]!;
  let compute: Launch | null = null;
  let round: Launch | null = null;
  return (call) => {
    const { buffers, offsets, strides } = call;
    const shape = call.shape.slice(0, rank);
    const dense = denseStrides(shape);
    const size = shape.reduce((x, y) => x * y, 1);
    const block = gpu.pool.take(size * 4);
    const single: Memory = { block, dtype: "float32", size };
    compute ??= prepare(gpu, { ...kernel, outputs: ["float32"] })!;
    compute({
      ...call,
      buffers: [single, ...buffers.slice(1)],
      offsets: [0, ...offsets.slice(1)],
      strides: [
        strides[0]!.map((_, d) => dense[d] ?? 0),
        ...strides.slice(1),
      ],
    });
    round ??= prepareMap(gpu, {
      kind: "map",
      rank,
      outputs: [{ dtype, access: "strided" }],
      inputs: [{ dtype: "float32", access: "strided" }],
      exprs: [castExpr(arg(0, "float32"), dtype)],
      scalars: 0,
    });
    // Products lie densely, convolutions as their strides say.
    const lies = kernel.name === "matmul" ? dense : strides[0]!.slice(0, rank);
    round({
      shape,
      buffers: [buffers[0]!, single],
      offsets: [offsets[0]!, 0],
      strides: [lies, dense],
      scalars: [],
    });
    gpu.pool.give(block);
  };
}
