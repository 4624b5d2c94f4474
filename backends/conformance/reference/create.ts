/**
 * What the primitives that make tensors out of nothing mean.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  type ArangeOp,
  type DropoutOp,
  erfc,
  type EyeOp,
  floatOf,
  type FullOp,
  type RandomOp,
  threefry,
} from "@tenfold/core/backend";
import { fit, flatIndex, generate, type Plain } from "./plain.ts";

/** The meaning of `full`. */
export function full(op: FullOp): Plain[] {
  return [generate(op.shape, op.dtype, () => op.value)];
}

/** The meaning of `arange`. */
export function arange(op: ArangeOp): Plain[] {
  const start = fit(op.dtype, op.start);
  const step = fit(op.dtype, op.step);
  return [
    generate(
      [op.length],
      op.dtype,
      ([i]) =>
        op.dtype === "int32"
          ? (start + Math.imul(i!, step)) | 0
          : start + i! * step,
    ),
  ];
}

/** The meaning of `eye`. */
export function eye(op: EyeOp): Plain[] {
  return [
    generate(
      [op.rows, op.columns],
      op.dtype,
      ([row, column]) => row === column ? 1 : 0,
    ),
  ];
}

/** The 32 bits of a position, as an unsigned number. */
function bitsAt(key: readonly [number, number], position: number): number {
  return threefry(key[0], key[1], position, 0) >>> 0;
}

/** The upper 24 bits as a number from [0, 1). */
function unitAt(key: readonly [number, number], position: number): number {
  return Math.floor(bitsAt(key, position) / 2 ** 8) / 2 ** 24;
}

/** z with Φ(z) = p, by bisection; p from (0, 1). */
function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  let [low, high] = [-8, 0];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (erfc(-middle * Math.SQRT1_2) / 2 < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The meaning of `random`: element i is a function of the key and of i. */
export function random(op: RandomOp): Plain[] {
  const at = (i: number): number => {
    switch (op.distribution) {
      case "uniform":
        return op.low + unitAt(op.key, i) * (op.high - op.low);
      case "normal": {
        const p = (Math.floor(bitsAt(op.key, i) / 2 ** 9) + 0.5) / 2 ** 23;
        return op.low + normalQuantile(p) * op.high;
      }
      case "integer":
        return op.low +
          Math.floor(bitsAt(op.key, i) / 2) % (op.high - op.low);
    }
  };
  return [
    generate(
      op.shape,
      op.dtype,
      (position) => at(flatIndex(op.shape, position)),
    ),
  ];
}

/** The meaning of `dropout`: element i falls out where its number is < p. */
export function dropout(op: DropoutOp, [x]: readonly Plain[]): Plain[] {
  const dtype: DType = floatOf(x!.dtype);
  const p = fit(dtype, op.p);
  return [{
    shape: x!.shape,
    dtype,
    data: x!.data.map((value, i) =>
      unitAt(op.key, i) < p ? 0 : fit(dtype, fit(dtype, value) / (1 - op.p))
    ),
  }];
}
