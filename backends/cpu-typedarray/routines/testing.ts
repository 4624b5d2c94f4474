/**
 * What the tests of the routines share.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type {
  ComputeDType,
  RoutineKernel,
  RoutineName,
} from "@tenfold/core/backend";
import { type Operand, operand, positions, run, seen } from "../testing.ts";
import { cpuTypedArray } from "../mod.ts";

/** Routines do not depend on how the other kernels are run. */
const backend = cpuTypedArray();

/** Runs a routine and gives the elements of each output, in C order. */
export function runRoutine(
  name: RoutineName,
  shape: readonly number[],
  outputs: readonly Operand[],
  inputs: readonly Operand[],
  scalars: readonly number[] = [],
): number[][] {
  const kernel: RoutineKernel = {
    kind: "routine",
    name,
    rank: shape.length,
    outputs: outputs.map(({ dtype }) => dtype as ComputeDType),
    inputs: inputs.map(({ dtype }) => dtype as ComputeDType),
  };
  const after = run(backend, kernel, shape, [...outputs, ...inputs], scalars);
  return outputs.map((output, i) => {
    const once = shape.map((n, d) => output.strides[d] === 0 ? 1 : n);
    return seen({ ...output, data: after[i]! }, once);
  });
}

/** Ways in which a loop of a shape may lie: in order, across, backwards. */
export function layouts(shape: readonly number[]): number[][] {
  const inOrder = shape.map((_, d) =>
    shape.slice(d + 1).reduce((a, b) => a * b, 1)
  );
  const across = shape.map((_, d) =>
    shape.slice(0, d).reduce((a, b) => a * b, 1)
  );
  return [
    inOrder,
    across,
    inOrder.map((s) => -s),
    across.map((s, d) => d === 0 ? 2 * s : 2 * s + 1),
  ];
}

/** An operand in each layout, all with the same elements. */
export function inLayouts(
  dtype: DType,
  shape: readonly number[],
  values: readonly number[],
): Operand[] {
  return layouts(shape).map((strides) =>
    operand(dtype, shape, strides, 1, values)
  );
}

/** A dense operand for results, filled with what is not one. */
export function target(dtype: DType, shape: readonly number[]): Operand {
  const [strides] = layouts(shape);
  return operand(dtype, shape, strides!, 9);
}

/** The rows (along the last dim) of elements in C order. */
export function rowsOf(
  values: readonly number[],
  shape: readonly number[],
): number[][] {
  const n = shape.at(-1)!;
  return positions(shape.slice(0, -1)).map((_, r) =>
    values.slice(r * n, (r + 1) * n)
  );
}
