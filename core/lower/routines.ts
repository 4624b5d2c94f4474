/**
 * Primitives that are named algorithms: how their operands are laid along the
 * routine's loop, and what stands in where a backend lacks the routine.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { accumulator, arg, call } from "../expr.ts";
import type { GatherOp, Meta, ScatterAddOp, SortOp } from "../op.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import { castProgram } from "./elementwise.ts";
import {
  gatherByComparing,
  scatterAddByComparing,
  sortByRank,
} from "./decompose.ts";
import { collapse } from "./geometry.ts";
import { alongDim, type Launcher } from "./launcher.ts";
import { copyOf } from "./move.ts";
import { memoize, ReduceProgram } from "./program.ts";

/** The value as `dtype`, owned by the caller. */
function as(x: Value, dtype: DType, run: Launcher): Value {
  return x.dtype === dtype
    ? x.alias()
    : run.map(castProgram(x.dtype, dtype), x.shape, [x]);
}

const product: (dtype: DType, bias: number) => ReduceProgram = memoize(
  (dtype, bias) => {
    const type = dtype as DType;
    const sum = accumulator(type);
    return new ReduceProgram(
      bias ? [type, type, type] : [type, type],
      call("mul", arg(0, type), arg(1, type)),
      "sum",
      bias ? call("add", sum, arg(2, type)) : sum,
      0,
    );
  },
);

/** Lowers a product to the routine, or to a reduction over a broadcast. */
export function lowerMatmul(
  inputs: readonly Value[],
  result: Meta,
  run: Launcher,
): Value {
  const [a, b, bias] = inputs;
  const out = run.allocate(result.shape, result.dtype);
  if (out.view.size === 0) return out;
  const batch = result.shape.length - 2;
  const k = a!.shape[a!.shape.length - 1]!;
  const loop = [...result.shape, k];
  const strides = [
    productStrides(out.view, batch, 2, 1, 0),
    productStrides(a!.view, batch, 2, 0, 1),
    productStrides(b!.view, batch, 0, 1, 2),
  ];
  if (bias) strides.push(productStrides(bias.view, batch, 2, 1, 0));
  if (k > 0) {
    const merged = batch === 0
      ? { shape: loop, strides }
      : mergeBatch(loop, strides);
    const values = bias ? [out, a!, b!, bias] : [out, a!, b!];
    if (run.routine("matmul", merged.shape, 1, values, merged.strides, {})) {
      return out;
    }
  }
  out.release();
  return productByReduction(inputs, loop, strides, run);
}

/**
 * Strides along `[...batch, m, n, k]` of a view whose dims counted from the
 * end are given for m, n and k, 0 for the one that it lacks.
 */
function productStrides(
  view: View,
  batch: number,
  m: number,
  n: number,
  k: number,
): number[] {
  const strides: number[] = new Array(batch + 3);
  for (let i = 0; i < batch; i++) {
    strides[i] = strideFromEnd(view, batch + 2 - i);
  }
  strides[batch] = strideFromEnd(view, m);
  strides[batch + 1] = strideFromEnd(view, n);
  strides[batch + 2] = strideFromEnd(view, k);
  return strides;
}

function strideFromEnd({ shape, strides }: View, place: number): number {
  const d = shape.length - place;
  return place === 0 || d < 0 || shape[d] === 1 ? 0 : strides[d]!;
}

/** Lowers `x wᵀ` to the product with a transposed view of the weight. */
export function lowerLinear(
  [x, w, bias]: readonly Value[],
  result: Meta,
  run: Launcher,
): Value {
  const isVector = x!.shape.length === 1;
  const rows = isVector
    ? x!.alias(x!.view.reshape([1, x!.shape[0]!])!)
    : x!.alias();
  const columns = w!.alias(w!.view.permute([1, 0]));
  const operands = bias ? [rows, columns, bias] : [rows, columns];
  try {
    const shape = isVector ? [1, ...result.shape] : result.shape;
    const out = lowerMatmul(operands, { ...result, shape }, run);
    if (!isVector) return out;
    const vector = out.alias(View.dense(result.shape));
    out.release();
    return vector;
  } finally {
    rows.release();
    columns.release();
  }
}

/**
 * Merges batch dims; where the second operand (and the bias) do not vary over
 * the batch and the first lies as one tall matrix, the batch joins `m`.
 */
function mergeBatch(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
): { shape: number[]; strides: number[][] } {
  const rank = shape.length - 3;
  const tall = collapse(
    shape.slice(0, rank + 1),
    strides.map((s) => s.slice(0, rank + 1)),
  );
  // With m = 1 the dims merge though the second operand varies over them.
  if (tall.shape.length === 1 && tall.strides[2]![0] === 0) {
    return {
      shape: [...tall.shape, ...shape.slice(rank + 1)],
      strides: strides.map((s, i) => [
        ...tall.strides[i]!,
        ...s.slice(rank + 1),
      ]),
    };
  }
  const batch = collapse(
    shape.slice(0, rank),
    strides.map((s) => s.slice(0, rank)),
  );
  return {
    shape: [...batch.shape, ...shape.slice(rank)],
    strides: strides.map((s, i) => [...batch.strides[i]!, ...s.slice(rank)]),
  };
}

function productByReduction(
  inputs: readonly Value[],
  loop: readonly number[],
  strides: readonly (readonly number[])[],
  run: Launcher,
): Value {
  const operands = inputs.map((value, i) =>
    value.alias(new View(loop, strides[i + 1]!, value.view.offset))
  );
  const out = run.reduce(
    product(inputs[0]!.dtype, inputs.length === 3 ? 1 : 0),
    loop,
    [loop.length - 1],
    operands,
  );
  for (const operand of operands) operand.release();
  return out;
}

/** Lowers `gather` to its routine. */
export function lowerGather(
  { dim }: GatherOp,
  inputs: readonly Value[],
  run: Launcher,
): Value {
  const [x, index] = inputs as [Value, Value];
  const out = run.allocate(index.shape, x.dtype);
  if (out.view.size === 0) return out;
  const loop = alongDim(index.shape, dim, [out.view, x.view, index.view]);
  const bound = x.shape[dim] ?? 1;
  const values = [out, x, index];
  if (run.routine("gather", loop.shape, 1, values, loop.strides, { bound })) {
    return out;
  }
  out.release();
  return gatherByComparing(dim, inputs, run);
}

/** Lowers `scatterAdd` to a copy of its first input and the routine. */
export function lowerScatterAdd(
  { dim }: ScatterAddOp,
  inputs: readonly Value[],
  run: Launcher,
): Value {
  const [x, index, src] = inputs as [Value, Value, Value];
  const out = copyOf(x, run);
  if (index.view.size === 0) return out;
  const added = as(src, x.dtype, run);
  const loop = alongDim(index.shape, dim, [out.view, index.view, added.view]);
  const bound = x.shape[dim] ?? 1;
  const values = [out, index, added];
  const { shape, strides } = loop;
  if (!run.routine("scatterAdd", shape, 1, values, strides, { bound })) {
    scatterAddByComparing(dim, out, index, added, run);
  }
  added.release();
  return out;
}

/** Lowers a sort; both results lie with the sorted dim innermost. */
export function lowerSort(
  op: SortOp,
  [x]: readonly Value[],
  run: Launcher,
): [Value, Value] {
  const rank = x!.shape.length;
  const order = x!.shape.map((_, d) => d).filter((d) => d !== op.dim);
  if (rank > 0) order.push(op.dim);
  const moved = x!.view.permute(order);
  const values = run.allocate(moved.shape, x!.dtype);
  const indices = run.allocate(moved.shape, "int32");
  let results: [Value, Value] = [values, indices];
  if (values.view.size > 0) {
    const loop = rank === 0
      ? { shape: [1, 1], strides: [[0, 0], [0, 0], [0, 0]] }
      : alongDim(moved.shape, rank - 1, [values.view, indices.view, moved]);
    const all = [values, indices, x!];
    const descending = op.descending ? 1 : 0;
    const { shape, strides } = loop;
    if (!run.routine("sort", shape, 2, all, strides, { descending })) {
      for (const result of results) result.release();
      results = sortByRank(
        x!,
        new View(moved.shape, moved.strides, moved.offset),
        op.descending,
        run,
      );
    }
  }
  const back = order.map((_, d) => order.indexOf(d));
  return results.map((value) => {
    const out = value.alias(value.view.permute(back));
    value.release();
    return out;
  }) as [Value, Value];
}
