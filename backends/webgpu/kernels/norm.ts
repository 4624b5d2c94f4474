/**
 * Roots of sums of squares, which float32 cannot hold where the numbers are
 * above 1e19 or below 1e-19: there the largest number is divided out first.
 *
 * @module
 */
import {
  accumulator,
  arg,
  call,
  constant,
  type Expr,
  type Launch,
  type ReduceKernel,
  type Slot,
} from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import { prepareReduce } from "./reduce.ts";

/** The number whose squares a kernel sums up to take the root, if it does. */
export function squaredIn(kernel: ReduceKernel): Expr | null {
  const { combine, element, epilogue } = kernel;
  const isRoot = epilogue.kind === "call" && epilogue.fn === "sqrt" &&
    epilogue.args[0]!.kind === "accumulator";
  const isSquare = element.kind === "call" && element.fn === "mul" &&
    element.args[0] === element.args[1] && element.dtype === "float32";
  return combine === "sum" && isRoot && isSquare ? element.args[0]! : null;
}

/** Prepares a root of a sum of squares of `x` as two reductions. */
export function prepareNorm(gpu: Gpu, kernel: ReduceKernel, x: Expr): Launch {
  const largest = prepareReduce(gpu, {
    ...kernel,
    element: call("abs", x),
    combine: "max",
    epilogue: accumulator("float32"),
  });
  const top: Slot & { kept: Slot["access"] } = {
    dtype: "float32",
    access: "uniform",
    kept: "dense",
  };
  const most = arg(kernel.inputs.length, "float32");
  const usable = call(
    "and",
    call("isFinite", most),
    call("gt", most, constant(0, "float32")),
  );
  const unit = call("select", usable, most, constant(1, "float32"));
  const part = call("div", x, unit);
  const sum = prepareReduce(gpu, {
    ...kernel,
    inputs: [...kernel.inputs, top],
    element: call("mul", part, part),
    epilogue: call("mul", call("sqrt", accumulator("float32")), unit),
  });
  return (call) => {
    const outputs = call.shape.slice(0, kernel.rank)
      .reduce((product, extent) => product * extent, 1);
    const tops: Memory = {
      block: gpu.pool.take(outputs * 4),
      dtype: "float32",
      size: outputs,
    };
    const [, ...inputs] = call.buffers;
    const [, ...offsets] = call.offsets;
    largest({ ...call, buffers: [tops, ...inputs], offsets: [0, ...offsets] });
    sum({
      ...call,
      buffers: [...call.buffers, tops],
      offsets: [...call.offsets, 0],
      strides: [...call.strides, call.strides[0]!],
    });
    gpu.pool.give(tops.block);
  };
}
