/**
 * How closely results must agree.
 *
 * A sum of n rounded terms is off by a random walk: 2 √n + 8 epsilons of the
 * sum of the terms' sizes hold it, whatever the order of the additions.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { Op } from "@tenfold/core/backend";
import type { Tolerance } from "../compare.ts";
import { EQUAL, EXACT } from "../scalar_tolerance.ts";
import type { Meaning } from "./spec.ts";
import type { Plain } from "./plain.ts";

/** The numbers that a dtype has. */
interface Digits {
  /** The distance from 1 to the next number. */
  readonly epsilon: number;
  /** The smallest number above 0 with all digits. */
  readonly smallest: number;
  /** The largest number. */
  readonly largest: number;
}

/** The numbers of each dtype, as IEEE 754 defines them. */
export const DIGITS: { readonly [D in DType]: Digits } = {
  bool: { epsilon: 0, smallest: 0, largest: 1 },
  int32: { epsilon: 0, smallest: 0, largest: 2 ** 31 - 1 },
  float16: {
    epsilon: 2 ** -10,
    smallest: 2 ** -14,
    largest: 65504,
  },
  float32: {
    epsilon: 2 ** -23,
    smallest: 2 ** -126,
    largest: (2 - 2 ** -23) * 2 ** 127,
  },
  float64: {
    epsilon: 2 ** -52,
    smallest: 2 ** -1022,
    largest: Number.MAX_VALUE,
  },
};

/** The very number; the sign of zero counts. */
export const exact = (): Tolerance => EXACT;
/** The very number, but either zero. */
export const equal = (): Tolerance => EQUAL;
/** A relative error in epsilons. */
export const epsilons =
  (epsilons: number, rest: Partial<Tolerance> = {}) => (): Tolerance => ({
    epsilons,
    ...rest,
  });

/** The error of a sum of `count` terms, in epsilons. */
export const walk = (count: number): number => 8 + 2 * Math.sqrt(count);

/** The operands' sizes: the same numbers without signs, in float64. */
export function sizes(inputs: readonly Plain[]): Plain[] {
  return inputs.map((x) => ({
    ...x,
    dtype: x.dtype === "int32" ? "int32" : "float64",
    data: x.data.map(Math.abs),
  }));
}

/** Errors relative to what the op gives for the operands' sizes. */
export function ofSizes<O extends Op>(
  meaning: Meaning<O>,
  op: O,
  inputs: readonly Plain[],
  count: number,
): Tolerance {
  const [scale] = meaning(op, sizes(inputs));
  return { epsilons: walk(count), scale: scale!.data };
}

/** The number of elements of x that are reduced to one of the result. */
export function countOf(
  { dims }: { readonly dims: readonly number[] },
  x: Plain,
): number {
  return dims.reduce((n, d) => n * x.shape[d]!, 1);
}

/** The number of elements along the dim of an op. */
export const extentAlong = (
  { dim }: { readonly dim: number },
  x: Plain,
): number => x.shape[dim] ?? 1;
