/**
 * The scalar functions as JavaScript text: the one table that generated
 * kernels are rendered from. Bools are the numbers 0 and 1; operands are names
 * or literals, so that they can be repeated.
 *
 * @module
 */
import { type DType, isFloating, type TypedArray } from "@tenfold/core";
import {
  castNumber,
  SCALAR_FUNCTIONS,
  type ScalarFacts,
  type ScalarFunction,
} from "@tenfold/core/backend";
import { erf32, gelu32, geluSlope32 } from "./erf32.ts";
import { exp32, sigmoid32, tanh32 } from "./float32.ts";
import { ROUND } from "./rounding.ts";

/** The text of a call; `dtype` is that of the last operand. */
type Text = (dtype: DType, ...operands: string[]) => string;

const unary = (text: (x: string) => string): Text => (_, x) => text(x!);
const math = (name: string): Text => unary((x) => `Math.${name}(${x})`);

/** A function in the digits of float32, and one in all that numbers have. */
const either = (float32: string, float64: string): Text => (dtype, x) =>
  `${ROUND[dtype] ? float32 : float64}(${x})`;

/** Rounding leaves integers as they are. */
const rounding = (text: (x: string) => string): Text => (dtype, x) =>
  isFloating(dtype) ? text(x!) : x!;

/** An operator of floats, and what it is for integers, which wrap. */
const arithmetic = (
  float: (a: string, b: string) => string,
  integer: (a: string, b: string) => string = (a, b) => `${float(a, b)} | 0`,
): Text =>
(dtype, a, b) => isFloating(dtype) ? float(a!, b!) : integer(a!, b!);

const compare = (operator: string): Text => (_, a, b) =>
  `+(${a} ${operator} ${b})`;
const bits = (operator: string): Text => (_, a, b) => `${a} ${operator} ${b}`;

/** What a call of the table's meaning is named inside a kernel. */
const meaning = (fn: ScalarFunction): Text => (dtype, ...operands) =>
  `${isFloating(dtype) ? "float" : "int32"}.${fn}(${operands.join(", ")})`;

/**
 * `condition ? a : b` without a jump, where that is possible: a processor
 * guesses jumps wrong half of the time when the conditions are random.
 */
const select: Text = (dtype, c, a, b) => {
  if (!isFloating(dtype)) {
    return `${b} ^ ((${a} ^ ${b}) & -${c})`;
  }
  // What is added makes 0 of the -0 of a product, and leaves a chosen -0.
  if (b === "0") {
    return `${a} - ${a} === 0 ? ${a} * ${c} + (${c} - 1) * -0 : ${c} ? ${a} : 0`;
  }
  if (a === "0") {
    return `${b} - ${b} === 0 ? ${b} * (1 - ${c}) + (1 - ${c} - 1) * -0 : ${c} ? 0 : ${b}`;
  }
  return `${c} ? ${a} : ${b}`;
};

/** Every scalar function as text. */
export const TEXT: { readonly [F in ScalarFunction]: Text } = {
  add: arithmetic((a, b) => `${a} + ${b}`),
  sub: arithmetic((a, b) => `${a} - ${b}`),
  mul: arithmetic((a, b) => `${a} * ${b}`, (a, b) => `Math.imul(${a}, ${b})`),
  div: (_, a, b) => `${a} / ${b}`,
  remainder: meaning("remainder"),
  pow: meaning("pow"),
  max: arithmetic(
    (a, b) => `${a} > ${b} || ${a} !== ${a} ? ${a} : ${b}`,
    (a, b) => `Math.max(${a}, ${b})`,
  ),
  min: arithmetic(
    (a, b) => `${a} < ${b} || ${a} !== ${a} ? ${a} : ${b}`,
    (a, b) => `Math.min(${a}, ${b})`,
  ),
  atan2: (_, a, b) => `Math.atan2(${a}, ${b})`,

  neg: (dtype, x) => isFloating(dtype) ? `-${x}` : `-${x} | 0`,
  abs: (dtype, x) =>
    isFloating(dtype) ? `Math.abs(${x})` : `Math.abs(${x}) | 0`,
  sign: unary((x) => `${x} === ${x} ? +(${x} > 0) - +(${x} < 0) : NaN`),
  floor: rounding((x) => `Math.floor(${x})`),
  ceil: rounding((x) => `Math.ceil(${x})`),
  round: rounding((x) => `float.round(${x})`),
  trunc: rounding((x) => `Math.trunc(${x})`),

  exp: either("exp32", "Math.exp"),
  expm1: math("expm1"),
  log: math("log"),
  log1p: math("log1p"),
  log2: math("log2"),
  sqrt: math("sqrt"),
  rsqrt: unary((x) => `1 / Math.sqrt(${x})`),
  reciprocal: unary((x) => `1 / ${x}`),
  sin: math("sin"),
  cos: math("cos"),
  tan: math("tan"),
  tanh: either("tanh32", "Math.tanh"),
  sigmoid: either("sigmoid32", "float.sigmoid"),
  erf: either("erf32", "float.erf"),
  gelu: either("gelu32", "float.gelu"),
  geluSlope: either("geluSlope32", "float.geluSlope"),
  softplus: meaning("softplus"),

  eq: compare("==="),
  ne: compare("!=="),
  lt: compare("<"),
  le: compare("<="),
  gt: compare(">"),
  ge: compare(">="),
  and: bits("&"),
  or: bits("|"),
  xor: bits("^"),
  not: unary((x) => `1 - ${x}`),
  isNan: unary((x) => `+(${x} !== ${x})`),
  isFinite: unary((x) => `+(${x} - ${x} === 0)`),
  select,

  shiftRight: (_, a, b) => `${a} >>> ${b} | 0`,
  bitAnd: (_, a, b) => `${a} & ${b}`,
  threefry: meaning("threefry"),
};

/** A change of dtype as text; floats are rounded elsewhere. */
export function castText(from: DType, to: DType, x: string): string {
  if (to === "bool") return `+(${x} !== 0)`;
  if (to === "int32" && from !== "bool") {
    return `${x} > 2147483647 ? 2147483647 : ${x} < -2147483648 ? -2147483648 : ${x} | 0`;
  }
  return x;
}

/** A number as a literal, in parentheses where it has a sign. */
export function literal(value: number): string {
  return value < 0 || Object.is(value, -0) ? `(-${-value})` : String(value);
}

/** The meanings of scalar functions as plain functions of one dtype. */
function meanings(dtype: DType): { [name: string]: unknown } {
  return Object.fromEntries(
    Object.entries<ScalarFacts>(SCALAR_FUNCTIONS).map((
      [name, { arity, evaluate }],
    ) => [
      name,
      arity === 1
        ? (x: number) => evaluate(dtype, x)
        : arity === 2
        ? (a: number, b: number) => evaluate(dtype, a, b)
        : (a: number, b: number, c: number, d: number) =>
          evaluate(dtype, a, b, c, d),
    ]),
  );
}

/** What the text calls by name. */
export const HELPERS: { readonly [name: string]: unknown } = {
  erf32,
  exp32,
  gelu32,
  geluSlope32,
  sigmoid32,
  tanh32,
  float: meanings("float64"),
  int32: meanings("int32"),
  number: castNumber,
  from: (array: TypedArray, offset: number): TypedArray =>
    offset === 0 ? array : array.subarray(offset),
};
