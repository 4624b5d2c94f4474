/**
 * What each elementwise primitive means, written as its formula and on purpose
 * not by way of the expressions that backends render.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  ELEMENTWISE,
  type ElementwiseName,
  type ElementwiseOp,
  erf,
  erfc,
} from "@tenfold/core/backend";
import {
  type ElementwiseMeta,
  infer,
  integerPower,
  power,
  roundHalfEven,
} from "@tenfold/core/internal";
import { broadcastElement, fit, generate, type Plain } from "./plain.ts";

/** The value from operands of one dtype, in float64; int32 wraps. */
export type ScalarFormula = (...operands: number[]) => number;

/** Wraps to 32 bits. */
const wrap = (x: number): number => x | 0;
const truth = (x: boolean): number => x ? 1 : 0;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** The standard normal distribution function. */
const cdf = (x: number): number => 0.5 * erfc(-x * Math.SQRT1_2);
/** Remainder with the sign of the divisor; NaN for a divisor of 0. */
function remainder(a: number, b: number): number {
  const r = a % b;
  return r * b < 0 || (r < 0 && b > 0) || (r > 0 && b < 0) ? r + b : r;
}

/** The formulas for floats, and for everything else that does not wrap. */
const FORMULAS: { readonly [N in ElementwiseName]: ScalarFormula } = {
  add: (a, b) => a! + b!,
  sub: (a, b) => a! - b!,
  mul: (a, b) => a! * b!,
  div: (a, b) => a! / b!,
  remainder: (a, b) => remainder(a!, b!),
  pow: (a, b) => power(a!, b!),
  maximum: (a, b) => Math.max(a!, b!),
  minimum: (a, b) => Math.min(a!, b!),
  atan2: (y, x) => Math.atan2(y!, x!),

  neg: (x) => -x!,
  abs: (x) => Math.abs(x!),
  sign: (x) => Math.sign(x!),
  square: (x) => x! * x!,
  exp: (x) => Math.exp(x!),
  expm1: (x) => Math.expm1(x!),
  log: (x) => Math.log(x!),
  log1p: (x) => Math.log1p(x!),
  log2: (x) => Math.log2(x!),
  sqrt: (x) => Math.sqrt(x!),
  rsqrt: (x) => 1 / Math.sqrt(x!),
  reciprocal: (x) => 1 / x!,
  sin: (x) => Math.sin(x!),
  cos: (x) => Math.cos(x!),
  tan: (x) => Math.tan(x!),
  tanh: (x) => Math.tanh(x!),
  sigmoid: (x) => sigmoid(x!),
  erf: (x) => erf(x!),
  gelu: (x) => x === -Infinity ? -0 : x! * cdf(x!),
  softplus: (x) => Math.max(x!, 0) + Math.log1p(Math.exp(-Math.abs(x!))),
  floor: (x) => Math.floor(x!),
  ceil: (x) => Math.ceil(x!),
  round: (x) => roundHalfEven(x!),
  trunc: (x) => Math.trunc(x!),

  relu: (x) => x! <= 0 ? 0 : x!,
  leakyRelu: (x, slope) => x! <= 0 ? slope! * x! : x!,
  elu: (x, alpha) => x! <= 0 ? alpha! * Math.expm1(x!) : x!,
  silu: (x) => x! * sigmoid(x!),
  clamp: (x, low, high) => Math.min(Math.max(x!, low!), high!),

  eq: (a, b) => truth(a === b),
  ne: (a, b) => truth(a !== b),
  lt: (a, b) => truth(a! < b!),
  le: (a, b) => truth(a! <= b!),
  gt: (a, b) => truth(a! > b!),
  ge: (a, b) => truth(a! >= b!),
  logicalAnd: (a, b) => truth(a !== 0 && b !== 0),
  logicalOr: (a, b) => truth(a !== 0 || b !== 0),
  logicalXor: (a, b) => truth((a !== 0) !== (b !== 0)),
  logicalNot: (a) => truth(a === 0),
  isNan: (x) => truth(Number.isNaN(x)),
  isFinite: (x) => truth(Number.isFinite(x)),
  where: (condition, a, b) => condition !== 0 ? a! : b!,
};

/** Those that mean something else for int32: their results wrap. */
const INTEGER: { readonly [N in ElementwiseName]?: ScalarFormula } = {
  add: (a, b) => wrap(a! + b!),
  sub: (a, b) => wrap(a! - b!),
  mul: (a, b) => Math.imul(a!, b!),
  /** A divisor of 0 gives 0, since integers have no NaN. */
  remainder: (a, b) => b === 0 ? 0 : wrap(remainder(a!, b!)),
  pow: (a, b) => integerPower(a!, b!),
  neg: (x) => wrap(-x!),
  abs: (x) => wrap(Math.abs(x!)),
  square: (x) => Math.imul(x!, x!),
};

/** The operands of an op in order: tensors and numbers. */
function operandsOf(
  op: ElementwiseOp,
  inputs: readonly Plain[],
): (Plain | number)[] {
  let next = 0;
  return Array.from(
    { length: ELEMENTWISE[op.name].arity },
    (_, i) => op.operands?.[i] ?? inputs[next++]!,
  );
}

/**
 * Applies a formula to the operands of an op, brought to their common dtype,
 * at each position of its result.
 */
export function overOperands(
  op: ElementwiseOp,
  inputs: readonly Plain[],
  dtype: DType,
  formula: ScalarFormula,
): Plain {
  const [{ shape, compute }] = infer(op, inputs) as [ElementwiseMeta];
  const operands = operandsOf(op, inputs);
  const selects = ELEMENTWISE[op.name].rule === "select";
  return generate(shape, dtype, (position) => {
    const values = operands.map((operand, i) => {
      const value = typeof operand === "number"
        ? operand
        : broadcastElement(operand, position);
      return fit(selects && i === 0 ? "bool" : compute, value);
    });
    return formula(...values);
  });
}

/** The meaning of any elementwise op. */
export function elementwise(
  op: ElementwiseOp,
  inputs: readonly Plain[],
): Plain[] {
  const [{ compute, dtype }] = infer(op, inputs) as [ElementwiseMeta];
  const formula = (compute === "int32" && INTEGER[op.name]) ||
    FORMULAS[op.name];
  return [overOperands(op, inputs, dtype, formula)];
}
