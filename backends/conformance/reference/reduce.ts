/**
 * What the reductions and sorting mean: functions of a list of numbers, applied
 * to each line of the tensor.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import type {
  LogSumExpOp,
  NormOp,
  ReduceOp,
  SortOp,
  VarianceOp,
} from "@tenfold/core/backend";
import { infer } from "@tenfold/core/internal";
import {
  element,
  fit,
  flatIndex,
  generate,
  type Plain,
  positions,
  withDim,
} from "./plain.ts";

/** The values that a reduction folds into one, in C order. */
export type Fold = (values: readonly number[], dtype: DType) => number;

/** The sum of some numbers. */
export const total = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0);
const mean = (values: readonly number[]): number =>
  total(values) / values.length;

/** Σ (x - mean)² / max(0, n - correction). */
function variance(values: readonly number[], correction: number): number {
  const centre = mean(values);
  return total(values.map((x) => (x - centre) ** 2)) /
    Math.max(0, values.length - correction);
}

/** log Σ exp(x), shifted by the largest value where that is finite. */
function logSumExp(values: readonly number[]): number {
  const top = Math.max(...values);
  const shift = Number.isFinite(top) ? top : 0;
  return Math.log(total(values.map((x) => Math.exp(x - shift)))) + shift;
}

const PLAIN: { readonly [N in (ReduceOp | NormOp)["name"]]: Fold } = {
  // int32 sums and products wrap at every step.
  sum: (values, dtype) =>
    dtype === "int32" ? values.reduce((a, b) => (a + b) | 0, 0) : total(values),
  prod: (values, dtype) =>
    values.reduce(dtype === "int32" ? Math.imul : (a, b) => a * b, 1),
  mean,
  // Math.max and Math.min give NaN when any value is NaN.
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  any: (values) => values.some((x) => x !== 0) ? 1 : 0,
  all: (values) => values.every((x) => x !== 0) ? 1 : 0,
  norm: (values) => Math.sqrt(total(values.map((x) => x * x))),
};

/** Folds over dims; `keepDim` leaves them as extents of 1. */
export function fold(
  op: { readonly dims: readonly number[]; readonly keepDim: boolean },
  x: Plain,
  result: { readonly shape: Shape; readonly dtype: DType },
  of: Fold,
): Plain[] {
  const kept = x.shape.map((extent, d) => op.dims.includes(d) ? 1 : extent);
  const groups: number[][] = positions(kept).map(() => []);
  for (const position of positions(x.shape)) {
    const group = position.map((p, d) => op.dims.includes(d) ? 0 : p);
    groups[flatIndex(kept, group)]!.push(element(x, position));
  }
  // Dropping extents of 1 does not change the C order.
  let next = 0;
  return [
    generate(
      result.shape,
      result.dtype,
      () => of(groups[next++]!, result.dtype),
    ),
  ];
}

/** The plain reductions. */
export function reduce(op: ReduceOp | NormOp, [x]: readonly Plain[]): Plain[] {
  return fold(op, x!, infer(op, [x!])[0]!, PLAIN[op.name]);
}

/** The meaning of `variance`. */
export function reduceVariance(
  op: VarianceOp,
  [x]: readonly Plain[],
): Plain[] {
  return fold(
    op,
    x!,
    infer(op, [x!])[0]!,
    (values) => variance(values, op.correction),
  );
}

/** The meaning of `logsumexp`. */
export function reduceLogSumExp(
  op: LogSumExpOp,
  [x]: readonly Plain[],
): Plain[] {
  return fold(op, x!, infer(op, [x!])[0]!, logSumExp);
}

/** Replaces each line along a dim by what `of` makes of it. */
export function overLines(
  x: Plain,
  dim: number,
  dtype: DType,
  of: (line: readonly number[]) => readonly number[],
): Plain {
  // A 0-d tensor is one line of one element.
  const shape = x.shape.length === 0 ? [1] : x.shape;
  const whole = { ...x, shape };
  const data: number[] = new Array(x.data.length);
  const length = shape[dim]!;
  const starts = positions(withDim(shape, dim, Math.min(1, length)));
  for (const start of starts) {
    const places = Array.from({ length }, (_, i) => withDim(start, dim, i));
    of(places.map((place) => element(whole, place))).forEach((value, i) => {
      data[flatIndex(shape, places[i]!)] = fit(dtype, value);
    });
  }
  return { shape: x.shape, dtype, data };
}

/** The order of a stable ascending sort: by value, NaN last. */
function order(line: readonly number[], descending: boolean): number[] {
  const compare = (a: number, b: number): number => {
    if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
    return Number.isNaN(b) ? -1 : a < b ? -1 : a > b ? 1 : 0;
  };
  // Array sort is stable.
  return line.map((_, i) => i).sort((i, j) =>
    descending ? compare(line[j]!, line[i]!) : compare(line[i]!, line[j]!)
  );
}

/** The meaning of `sort`: values, and where each of them was. */
export function sort(op: SortOp, [x]: readonly Plain[]): Plain[] {
  const orderOf = (line: readonly number[]) => order(line, op.descending);
  return [
    overLines(
      x!,
      op.dim,
      x!.dtype,
      (line) => orderOf(line).map((i) => line[i]!),
    ),
    overLines(x!, op.dim, "int32", orderOf),
  ];
}
