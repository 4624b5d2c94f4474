/**
 * Softmax and its logarithm along rows so long that all workgroups shall share
 * each: two reductions and a map.
 *
 * @module
 */
import {
  accumulator,
  arg,
  call as apply,
  type Expr,
  type KernelCall,
  type Launch,
  type RoutineKernel,
  type Slot,
} from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import { prepareMap } from "./map.ts";
import { prepareReduce } from "./reduce.ts";
import { denseStrides, rowsOf } from "./rows.ts";

/** Prepares it for rows that are read at neighbouring places, or not. */
export function prepareLongSoftmax(
  gpu: Gpu,
  kernel: RoutineKernel,
  adjacent: boolean,
): Launch {
  const dtype = "float32";
  const x = arg(0, dtype);
  const fromTop = apply("sub", x, arg(1, dtype));
  const strided: Slot = { dtype, access: "strided" };
  const ofRow = { dtype, access: "uniform", kept: "dense" } as const;
  const reduce = (combine: "max" | "sum", element: Expr) =>
    prepareReduce(gpu, {
      kind: "reduce",
      rank: kernel.rank - 1,
      reducedRank: 1,
      output: dtype,
      inputs: [
        { dtype, access: adjacent ? "row" : "strided", kept: "strided" },
        ofRow,
      ],
      element,
      combine,
      epilogue: accumulator(dtype),
      scalars: 0,
    });
  const largest = reduce("max", x);
  const total = reduce("sum", apply("exp", fromTop));
  const sum = arg(2, dtype);
  const write = prepareMap(gpu, {
    kind: "map",
    rank: kernel.rank,
    outputs: [strided],
    inputs: [strided, strided, strided],
    exprs: [
      kernel.name === "softmax"
        ? apply("div", apply("exp", fromTop), sum)
        : apply("sub", fromTop, apply("log", sum)),
    ],
    scalars: 0,
  });

  return (call) => {
    const rows = rowsOf(call);
    const temporary = (): Memory => ({
      block: gpu.pool.take(rows * 4),
      dtype,
      size: rows,
    });
    const [tops, sums] = [temporary(), temporary()];
    const [out, source] = call.buffers;
    const [to, from] = call.offsets as [number, number];
    const [written, read] = call.strides as [number[], number[]];
    const byRow = [...denseStrides(call.shape.slice(0, -1)), 0];
    const run = (launch: Launch, change: Partial<KernelCall>) =>
      launch({ ...call, ...change });
    const ofRows = { offsets: [0, from, 0], strides: [byRow, read, byRow] };
    run(largest, { buffers: [tops, source, tops], ...ofRows });
    run(total, { buffers: [sums, source, tops], ...ofRows });
    run(write, {
      buffers: [out, source, tops, sums],
      offsets: [to, from, 0, 0],
      strides: [written, read, byRow, byRow],
    });
    gpu.pool.give(tops.block);
    gpu.pool.give(sums.block);
  };
}
