/**
 * How reductions fold: integers wrap to 32 bits, floats add up in float64.
 *
 * @module
 */
import type { Combine, DType } from "@tenfold/core";

/** One way to fold, for integers and for floats. */
interface Fold {
  readonly identity: number;
  readonly apply: (accumulator: number, value: number) => number;
  /** The same as JavaScript text. */
  readonly text: (accumulator: string, value: string) => string;
}

const max: Omit<Fold, "identity"> = {
  apply: Math.max,
  text: (a, v) => `Math.max(${a}, ${v})`,
};
const min: Omit<Fold, "identity"> = {
  apply: Math.min,
  text: (a, v) => `Math.min(${a}, ${v})`,
};

const INTEGER: { readonly [C in Combine]: Fold } = {
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

const FLOAT: { readonly [C in Combine]: Fold } = {
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

/** True for dtypes that are folded as integers. */
export function foldsIntegers(dtype: DType): boolean {
  return dtype === "int32" || dtype === "bool";
}

/** How values of a dtype are folded. */
export function foldOf(combine: Combine, dtype: DType): Fold {
  return (foldsIntegers(dtype) ? INTEGER : FLOAT)[combine];
}
