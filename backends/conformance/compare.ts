/**
 * Compares what a backend computed with what was expected.
 *
 * @module
 */
import { type DType, isFloating, type TypedArray } from "@tenfold/core";
import type { Op } from "@tenfold/core/backend";
import { DIGITS } from "./ops/allow.ts";
import type { Plain } from "./ops/plain.ts";
import { reference } from "./ops/table.ts";
import { lifted } from "./difference.ts";

/** The tolerance of a result. */
export interface Tolerance {
  /**
   * Relative error, counted in machine epsilons of the dtype (2^-23 or 2^-52).
   * 0 asks for the very number.
   */
  readonly epsilons: number;
  /**
   * What the error is relative to, for each element, where that is not the
   * result: the sizes of the terms that add up to it.
   */
  readonly scale?: readonly number[] | number;
  /** A relative error that does not depend on the dtype, beside the other. */
  readonly relative?: number;
  /** Results that differ by this much are neighbours (remainders). */
  readonly period?: readonly number[];
  /** The sign of a zero counts. */
  readonly signedZeros?: boolean;
  /** Errors below this do not count. @default {the smallest normal number} */
  readonly floor?: number;
}

/** The distance that element `i` may have from the expected one. */
function maxDistance(
  expected: number,
  dtype: DType,
  tolerance: Tolerance,
  i: number,
): number {
  const { epsilons, scale, relative = 0 } = tolerance;
  const rate = epsilons * DIGITS[dtype].epsilon + relative;
  if (rate === 0) return 0;
  const own = typeof scale === "number" ? scale : scale?.[i] ?? 0;
  const size = Math.max(Math.abs(expected), own);
  const { smallest, epsilon } = DIGITS[dtype];
  // Subnormal numbers are rounded to their step.
  const floor = Math.max(tolerance.floor ?? smallest, smallest * epsilon);
  return Math.max(floor, rate * Math.min(size, DIGITS[dtype].largest));
}

function agrees(
  actual: number,
  expected: number,
  dtype: DType,
  tolerance: Tolerance,
  i: number,
): boolean {
  if (Object.is(actual, expected)) return true;
  if (!isFloating(dtype)) return actual === expected;
  if (Number.isNaN(expected) || Number.isNaN(actual)) return false;
  if (actual === expected) return actual !== 0 || !tolerance.signedZeros;
  const allowed = maxDistance(expected, dtype, tolerance, i);
  // Infinity stands beside the largest number.
  const bounded = (x: number) =>
    Math.min(Math.max(x, -DIGITS[dtype].largest), DIGITS[dtype].largest);
  const distance = Math.abs(bounded(actual) - bounded(expected));
  if (distance <= allowed) return allowed > 0;
  const period = tolerance.period?.[i];
  return period !== undefined && Math.abs(distance - period) <= allowed;
}

/** True for numbers that a backend without subnormals may take for 0. */
function isSubnormal(x: number, dtype: DType): boolean {
  return x !== 0 && Math.abs(x) < DIGITS[dtype].smallest;
}

/** The same numbers with subnormal ones as 0. */
export function flushed(x: Plain): Plain {
  if (!x.data.some((value) => isSubnormal(value, x.dtype))) return x;
  const data = x.data.map((v) => isSubnormal(v, x.dtype) ? v * 0 : v);
  return { ...x, data };
}

/**
 * What a device that flushes subnormal numbers to 0 may give besides, one
 * element like this and the next one like that.
 */
export interface Flushing {
  /** The results of operands whose subnormal numbers are 0. */
  readonly flushed: Plain;
  /**
   * The results before they are rounded: a number just below the smallest
   * normal one is flushed, though it would be rounded to that.
   */
  readonly exact: Plain;
}

/** How a device may flush the results of an op over these operands. */
export function flushingOf(
  op: Op,
  inputs: readonly Plain[],
  result: number,
): Flushing {
  const once = (give: () => Plain) => {
    let known: Plain | undefined;
    return () => known ??= give();
  };
  // Few comparisons ask.
  const of = {
    flushed: once(() => reference(op, inputs.map(flushed))[result]!),
    exact: once(() => reference(lifted(op), inputs.map(lifted))[result]!),
  };
  return {
    get flushed() {
      return of.flushed();
    },
    get exact() {
      return of.exact();
    },
  };
}

/** True where 0 stands for a subnormal result, or for what came of one. */
function isFlushed(
  actual: number,
  expected: number,
  dtype: DType,
  tolerance: Tolerance,
  { exact, flushed }: Flushing,
  i: number,
): boolean {
  const other = flushed.data[i]!;
  if (agrees(actual, other, dtype, tolerance, i)) return true;
  return actual === 0 && isFloating(dtype) &&
    [expected, other, exact.data[i]!].some((x) => isSubnormal(x, dtype));
}

/**
 * The first element that differs, or -1. With `flushing` subnormal operands and
 * results may count as 0, each as it comes.
 */
export function firstDifference(
  actual: TypedArray,
  expected: Plain,
  tolerance: Tolerance,
  flushing: Flushing | null = null,
): number {
  const { data, dtype } = expected;
  for (let i = 0; i < data.length; i++) {
    if (agrees(actual[i]!, data[i]!, dtype, tolerance, i)) continue;
    if (
      flushing &&
      isFlushed(actual[i]!, data[i]!, dtype, tolerance, flushing, i)
    ) continue;
    return i;
  }
  return -1;
}

/** The tolerance at element `i`, in words. */
export function describeTolerance(
  expected: Plain,
  tolerance: Tolerance,
  i: number,
): string {
  const { dtype, data } = expected;
  if (!isFloating(dtype)) return "exactly";
  const allowed = maxDistance(data[i]!, dtype, tolerance, i);
  return allowed === 0 ? "exactly" : `within ${allowed}`;
}
