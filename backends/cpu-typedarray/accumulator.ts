/**
 * Accumulators of reductions: integers wrap to 32 bits, floats are summed in
 * float64.
 *
 * @module
 */
import { type DType, isFloating } from "@tenfold/core";
import type { Combine } from "@tenfold/core/backend";

/** How an accumulator takes in a value. */
interface Accumulator {
  readonly identity: number;
  readonly apply: (accumulator: number, value: number) => number;
  /** The same as JavaScript source. */
  readonly text: (accumulator: string, value: string) => string;
}

const max: Omit<Accumulator, "identity"> = {
  apply: Math.max,
  text: (a, v) => `Math.max(${a}, ${v})`,
};
const min: Omit<Accumulator, "identity"> = {
  apply: Math.min,
  text: (a, v) => `Math.min(${a}, ${v})`,
};

const INTEGER: { readonly [C in Combine]: Accumulator } = {
  sum: {
    identity: 0,
    apply: (a, v) => (a + v) | 0,
    text: (a, v) => `${a} + ${v} | 0`,
  },
  prod: {
    identity: 1,
    apply: Math.imul,
    text: (a, v) => `Math.imul(${a}, ${v})`,
  },
  max: { identity: -(2 ** 31), ...max },
  min: { identity: 2 ** 31 - 1, ...min },
};

const FLOAT: { readonly [C in Combine]: Accumulator } = {
  sum: {
    identity: 0,
    apply: (a, v) => a + v,
    text: (a, v) => `${a} + ${v}`,
  },
  prod: {
    identity: 1,
    apply: (a, v) => a * v,
    text: (a, v) => `${a} * ${v}`,
  },
  max: { identity: -Infinity, ...max },
  min: { identity: Infinity, ...min },
};

/** The accumulator of a reduction over elements of a dtype. */
export function accumulatorOf(combine: Combine, dtype: DType): Accumulator {
  return (isFloating(dtype) ? FLOAT : INTEGER)[combine];
}
