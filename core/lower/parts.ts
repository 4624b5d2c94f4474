/**
 * Kernels that many primitives are made of: copies and casts, numbers that
 * fill or count, and reductions over operands that lie along a loop of their
 * own. Each gives a value that the caller owns.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import {
  arg,
  call,
  castExpr,
  type Expr,
  indexAlong,
  scalar,
} from "../expr/expr.ts";
import { sameShape, type Shape } from "../shape.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import type { Launcher } from "./launcher.ts";
import { MapProgram, memoize, type ReduceProgram } from "./program.ts";

/** The program that copies and casts one input. */
export const castProgram: (from: DType, to: DType) => MapProgram = memoize(
  (from, to) => new MapProgram([from], [castExpr(arg(0, from), to)], 0),
);

/** A dense copy of a value, as another dtype if one is named. */
export function copyOf(
  x: Value,
  run: Launcher,
  dtype: DType = x.dtype,
): Value {
  return run.map(castProgram(x.dtype, dtype), x.shape, [x]);
}

/** The value as `dtype`: itself where it is one, else a dense copy. */
export function castOf(x: Value, dtype: DType, run: Launcher): Value {
  return x.dtype === dtype ? x.alias() : copyOf(x, run, dtype);
}

/** The value itself where it is dense, else a dense copy. */
export function denseOf(x: Value, run: Launcher): Value {
  return x.view.dense ? x.alias() : copyOf(x, run);
}

/** Copies `x` to the place in `out` that `view` shows, cast to its dtype. */
export function copyInto(
  out: Value,
  view: View,
  x: Value,
  run: Launcher,
): void {
  const target = out.alias(view);
  run.mapInto(castProgram(x.dtype, out.dtype), [target], [x]);
  target.release();
}

const fill: (dtype: DType) => MapProgram = memoize((dtype) =>
  new MapProgram([], [scalar(0, dtype)], 1)
);

/** One number everywhere. */
export function filled(
  shape: Shape,
  value: number,
  dtype: DType,
  run: Launcher,
): Value {
  return run.map(fill(dtype), shape, [], [value]);
}

const count: (dtype: DType) => MapProgram = memoize((dtype) => {
  const steps = call("mul", castExpr(indexAlong(0), dtype), scalar(1, dtype));
  return new MapProgram([], [call("add", scalar(0, dtype), steps)], 2);
});

/** `start + i * step` for i from 0. */
export function counted(
  start: number,
  step: number,
  length: number,
  dtype: DType,
  run: Launcher,
): Value {
  return run.map(count(dtype), [length], [], [start, step]);
}

/** The positions from 0 to `length - 1`. */
export function positions(length: number, run: Launcher): Value {
  return counted(0, 1, length, "int32", run);
}

/** The value under another view; takes its reference over. */
export function viewed(value: Value, view: View): Value {
  const out = value.alias(view);
  value.release();
  return out;
}

/** A dense value under another shape of its size; takes it over. */
export function shaped(value: Value, shape: Shape): Value {
  return sameShape(value.shape, shape)
    ? value
    : viewed(value, View.dense(shape).at(value.view.offset));
}

/** A map over inputs of one dtype, made once for each dtype. */
export const programOf = (
  inputs: number,
  write: (...inputs: Expr[]) => Expr,
): (dtype: DType) => MapProgram =>
  memoize((dtype) => {
    const dtypes = new Array<DType>(inputs).fill(dtype);
    const exprs = [write(...dtypes.map((_, i) => arg(i, dtype)))];
    return new MapProgram(dtypes, exprs, 0);
  });

/** Reduces operands each of which lies along the loop by strides of its own. */
export function reduceAlong(
  run: Launcher,
  program: ReduceProgram,
  loop: Shape,
  dims: readonly number[],
  operands: readonly (readonly [Value, readonly number[]])[],
): Value {
  const inputs = operands.map(([value, strides]) =>
    value.alias(new View(loop, strides, value.view.offset))
  );
  const out = run.reduce(program, loop, dims, inputs);
  for (const input of inputs) input.release();
  return out;
}

/** Strides of 0 but for one dim. */
export const only = (rank: number, dim: number, stride = 1): number[] =>
  Array.from({ length: rank }, (_, d) => d === dim ? stride : 0);

/** The same strides with 0 in place of one, which comes behind the others. */
export const behind = (strides: readonly number[], dim: number): number[] => [
  ...strides.map((s, d) => d === dim ? 0 : s),
  strides[dim] ?? 0,
];
