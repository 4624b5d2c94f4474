/**
 * How closely each scalar function must agree.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { ScalarFunction } from "@tenfold/core/backend";
import type { Tolerance } from "./compare.ts";

/** The very number; the sign of zero counts. */
export const EXACT: Tolerance = { epsilons: 0, signedZeros: true };
/** The very number, but either zero. */
export const EQUAL: Tolerance = { epsilons: 0 };
/** Divisions and roots, which GPUs round less well. */
const NEARLY: Tolerance = { epsilons: 4, signedZeros: true };
/** Transcendental functions. */
const SMOOTH: Tolerance = { epsilons: 16 };
/** Those that keep the sign of zero. */
const ODD: Tolerance = { epsilons: 16, signedZeros: true };

/** The tolerance of each function, for operands of ordinary size and others. */
export const SCALAR_TOLERANCE: {
  readonly [F in ScalarFunction]: Tolerance;
} = {
  add: EXACT,
  sub: EXACT,
  mul: EXACT,
  div: NEARLY,
  /** See {@linkcode scalarTolerance}, too. */
  remainder: { epsilons: 2 },
  pow: { epsilons: 64, signedZeros: true },
  max: EQUAL,
  min: EQUAL,
  atan2: ODD,
  neg: EXACT,
  abs: EXACT,
  sign: EQUAL,
  floor: EXACT,
  ceil: EXACT,
  round: EXACT,
  trunc: EXACT,
  exp: SMOOTH,
  expm1: ODD,
  log: SMOOTH,
  log1p: ODD,
  log2: SMOOTH,
  sqrt: NEARLY,
  rsqrt: NEARLY,
  reciprocal: NEARLY,
  sin: ODD,
  cos: SMOOTH,
  tan: ODD,
  tanh: ODD,
  sigmoid: SMOOTH,
  erf: ODD,
  gelu: SMOOTH,
  geluSlope: { epsilons: 16, scale: 1 },
  softplus: SMOOTH,
  eq: EXACT,
  ne: EXACT,
  lt: EXACT,
  le: EXACT,
  gt: EXACT,
  ge: EXACT,
  and: EXACT,
  or: EXACT,
  xor: EXACT,
  not: EXACT,
  isNan: EXACT,
  isFinite: EXACT,
  select: EXACT,
  shiftRight: EXACT,
  bitAnd: EXACT,
  threefry: EXACT,
};

/**
 * The tolerance of a function for given operands. A remainder is computed from
 * a quotient, so that its error is one of the dividend, and may come out on
 * the other side of the divisor.
 */
export function scalarTolerance(
  fn: ScalarFunction,
  dtype: DType,
  operands: readonly (readonly number[])[],
): Tolerance {
  const tolerance = SCALAR_TOLERANCE[fn];
  if (fn !== "remainder" || dtype === "int32") return tolerance;
  return {
    ...tolerance,
    scale: operands.map(([a]) => Math.abs(a!)),
    period: operands.map(([, b]) => Math.abs(b!)),
  };
}
