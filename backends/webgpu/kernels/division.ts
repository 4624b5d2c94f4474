/**
 * How the loops of kernels can be divided, and the kernels for their parts.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  call as callOf,
  type Expr,
  type Kernel,
  type KernelCall,
  scalar,
  usesIndex,
} from "@tenfold/core/backend";
import { rewritten } from "./rewritten.ts";

/** A part of a loop. */
export interface Part {
  readonly call: KernelCall;
  /** Where it begins along each dim. */
  readonly first: readonly number[];
  /** Whether operands that were dense may no longer be. */
  readonly scattered: boolean;
}

/** Both halves of a part along a dim, cut where four elements are read. */
export function halves({ call, first, scattered }: Part, dim: number): Part[] {
  const extent = call.shape[dim]!;
  const middle = extent >= 128
    ? Math.ceil(extent / 128) * 64
    : Math.ceil(extent / 2);
  const inner = call.shape.slice(0, dim).some((outer) => outer > 1);
  return [[0, middle], [middle, extent]].map(([begin, end]) => ({
    call: {
      ...call,
      shape: call.shape.with(dim, end! - begin!),
      offsets: call.offsets.map((offset, i) =>
        offset + begin! * call.strides[i]![dim]!
      ),
    },
    first: first.with(dim, first[dim]! + begin!),
    scattered: scattered || inner,
  }));
}

/** Routines that work along the last dim of rows, which go each by itself. */
const BY_ROWS: ReadonlySet<string> = new Set([
  ...["softmax", "logSoftmax", "cumsum", "argmax", "argmin", "sort"],
]);

/** Whether strides say what of its buffers a kernel uses. */
export function goesByStrides(kernel: Kernel): boolean {
  return kernel.kind !== "routine" || divisible(kernel, 3).length > 0;
}

/** The dims of a loop along which it can be divided. */
export function divisible(kernel: Kernel, rank: number): number[] {
  const upTo = (count: number) => Array.from({ length: count }, (_, d) => d);
  if (kernel.kind === "map") return upTo(rank);
  if (kernel.kind === "reduce") return upTo(kernel.rank);
  if (BY_ROWS.has(kernel.name)) return upTo(rank - 1);
  switch (kernel.name) {
    case "matmul":
      return upTo(rank - 2);
    case "conv2d":
    case "dotsInt8":
    case "maxPool2d":
      return [0];
    default:
      return [];
  }
}

/** Whether outputs go by the number of an element and not by strides. */
export function isOrdered(kernel: Kernel): boolean {
  return kernel.kind === "reduce" ||
    kernel.kind === "routine" && kernel.name === "matmul";
}

/** The number of outputs, which come first. */
export function outputsOf(kernel: Kernel): number {
  return kernel.kind === "reduce" ? 1 : kernel.outputs.length;
}

/** Whether an expression asks where in the loop it is. */
export function usesPositions(kernel: Kernel): boolean {
  if (kernel.kind === "routine") return false;
  return usesIndex(
    kernel.kind === "map" ? kernel.exprs : [kernel.element, kernel.epilogue],
  );
}

/** The kernel with a scalar for each dim that is added to the position. */
export function shifted(kernel: Kernel): Kernel {
  if (kernel.kind === "routine") return kernel;
  const shift = (exprs: readonly Expr[]) =>
    rewritten(
      exprs,
      (expr) =>
        expr.kind === "index"
          ? callOf("add", expr, scalar(kernel.scalars + expr.dim, "int32"))
          : expr,
    );
  if (kernel.kind === "map") {
    return {
      ...kernel,
      exprs: shift(kernel.exprs),
      scalars: kernel.scalars + kernel.rank,
    };
  }
  const [element, epilogue] = shift([kernel.element, kernel.epilogue]);
  return {
    ...kernel,
    element: element!,
    epilogue: epilogue!,
    scalars: kernel.scalars + kernel.rank + kernel.reducedRank,
  };
}

/** The kernel for operands that lie anyhow. */
export function anyhow(kernel: Kernel): Kernel {
  if (kernel.kind !== "map") return kernel;
  const loose = <S extends { dtype: DType; access: string }>(slot: S): S =>
    slot.access === "uniform" ? slot : { ...slot, access: "strided" };
  return {
    ...kernel,
    outputs: kernel.outputs.map(loose),
    inputs: kernel.inputs.map(loose),
  };
}
