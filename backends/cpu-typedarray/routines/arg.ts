/**
 * The position of the largest or smallest element along the last dim.
 *
 * @module
 */
import type { TypedArray } from "@tenfold/core";
import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import { forEachRow } from "../positions.ts";

/** Runs `argmax` or `argmin`: the first of equal ones, and NaN before all. */
export function prepareArg({ name }: RoutineKernel): Launch {
  const find = name === "argmax" ? firstLargest : firstSmallest;
  return (call) => {
    const [out, x] = call.buffers as [Int32Array, TypedArray];
    const n = call.shape.at(-1)!;
    const step = call.strides[1]!.at(-1)!;
    forEachRow(call, 1, ([to, start]) => {
      out[to!] = find(x, start!, step, n);
    });
  };
}

function firstLargest(
  x: TypedArray,
  start: number,
  step: number,
  n: number,
): number {
  let best = 0;
  let top = -Infinity;
  for (let i = 0, from = start; i < n; i++, from += step) {
    const value = x[from]!;
    if (value > top) {
      top = value;
      best = i;
    } else if (value !== value) return i;
  }
  return best;
}

function firstSmallest(
  x: TypedArray,
  start: number,
  step: number,
  n: number,
): number {
  let best = 0;
  let low = Infinity;
  for (let i = 0, from = start; i < n; i++, from += step) {
    const value = x[from]!;
    if (value < low) {
      low = value;
      best = i;
    } else if (value !== value) return i;
  }
  return best;
}
