/**
 * Softmax and its logarithm as two reductions and a map: along rows so long
 * that all workgroups shall share each, and along rows that lie side by side.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  accumulator,
  arg,
  call as apply,
  castExpr,
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

/**
 * How rows lie: along memory, or side by side in operands that are dense then,
 * or otherwise.
 */
export type RowPlacement = "along" | "across" | "strided";

/** How the rows of a call lie. */
export function placementOf({ shape, strides }: KernelCall): RowPlacement {
  if (strides[1]!.at(-1) === 1) return "along";
  const dense = shape.length > 1 && denseStrides(swap(shape));
  const across = dense &&
    strides.every((each) =>
      swap(each).every((stride, d) => stride === dense[d])
    );
  return across ? "across" : "strided";
}

/** With the last two dims in each other's place. */
function swap(dims: readonly number[]): number[] {
  return [...dims.slice(0, -2), dims.at(-1)!, dims.at(-2)!];
}

/** Prepares it for rows that lie so. */
export function prepareLongSoftmax(
  gpu: Gpu,
  kernel: RoutineKernel<DType>,
  placement: RowPlacement,
): Launch {
  const stored = kernel.inputs[0]!;
  const dtype = "float32";
  const x = castExpr(arg(0, stored), dtype);
  const fromTop = apply("sub", x, arg(1, dtype));
  const across = placement === "across";
  const whole: Slot = { dtype: stored, access: across ? "dense" : "strided" };
  const byRows: Slot = { dtype, access: across ? "row" : "strided" };
  const ofRow = { dtype, access: "uniform", kept: "dense" } as const;
  const reduce = (combine: "max" | "sum", element: Expr) =>
    prepareReduce(gpu, {
      kind: "reduce",
      rank: kernel.rank - 1,
      reducedRank: 1,
      output: dtype,
      inputs: [
        {
          dtype: stored,
          access: placement === "along" ? "row" : "strided",
          kept: "strided",
        },
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
    outputs: [whole],
    inputs: [whole, byRows, byRows],
    exprs: [
      castExpr(
        kernel.name === "softmax"
          ? apply("div", apply("exp", fromTop), sum)
          : apply("sub", fromTop, apply("log", sum)),
        stored,
      ),
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
    // Neighbours in memory come one after the other.
    const order = across ? swap : (dims: number[]) => dims;
    run(write, {
      buffers: [out, source, tops, sums],
      offsets: [to, from, 0, 0],
      shape: order([...call.shape]),
      strides: [written, read, byRow, byRow].map(order),
    });
    gpu.pool.give(tops.block);
    gpu.pool.give(sums.block);
  };
}
