/**
 * The scalar functions that expressions are made of, and what each means:
 * the one table that every backend renders from and is checked against.
 *
 * @module
 */
import { type DType, isFloating } from "../dtype.ts";
import { erf, gelu, geluSlope, roundHalfEven } from "./special.ts";
import { threefry } from "./threefry.ts";

/**
 * The name of a scalar function.
 *
 * @example A name
 * ```ts
 * import type { ScalarFunction } from "@tenfold/core/backend";
 *
 * const fn: ScalarFunction = "tanh";
 * ```
 */
export type ScalarFunction =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "remainder"
  | "pow"
  | "max"
  | "min"
  | "atan2"
  | "neg"
  | "abs"
  | "sign"
  | "floor"
  | "ceil"
  | "round"
  | "trunc"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "log2"
  | "sqrt"
  | "rsqrt"
  | "reciprocal"
  | "sin"
  | "cos"
  | "tan"
  | "tanh"
  | "sigmoid"
  | "erf"
  | "gelu"
  | "geluSlope"
  | "softplus"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "and"
  | "or"
  | "xor"
  | "not"
  | "isNan"
  | "isFinite"
  | "select"
  | "shiftRight"
  | "bitAnd"
  | "threefry";

/**
 * What a scalar function takes, and its value in float64.
 *
 * @example The facts of a function
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { SCALAR_FUNCTIONS, type ScalarFacts } from "@tenfold/core/backend";
 *
 * const facts: ScalarFacts = SCALAR_FUNCTIONS.select;
 * assertEquals(facts.arity, 3);
 * ```
 */
export interface ScalarFacts {
  /** The number of operands. */
  readonly arity: number;
  /** Which operands it is defined for. */
  readonly takes: "numbers" | "floats" | "integers" | "bools" | "any";
  /** The value, computed in float64 from operands of the dtype `dtype`. */
  readonly evaluate: (dtype: DType, ...operands: number[]) => number;
}

const float = (fn: (x: number) => number): ScalarFacts => ({
  arity: 1,
  takes: "floats",
  evaluate: (_, x) => fn(x!),
});

const compare = (fn: (a: number, b: number) => boolean): ScalarFacts => ({
  arity: 2,
  takes: "any",
  evaluate: (_, a, b) => fn(a!, b!) ? 1 : 0,
});

const logic = (fn: (a: number, b: number) => number): ScalarFacts => ({
  arity: 2,
  takes: "bools",
  evaluate: (_, a, b) => fn(a!, b!),
});

/** Arithmetic that wraps to 32 bits for integers. */
const arithmetic = (
  fn: (a: number, b: number) => number,
  integer: (a: number, b: number) => number = (a, b) => fn(a, b) | 0,
): ScalarFacts => ({
  arity: 2,
  takes: "numbers",
  evaluate: (dtype, a, b) => isFloating(dtype) ? fn(a!, b!) : integer(a!, b!),
});

const rounding = (fn: (x: number) => number): ScalarFacts => ({
  arity: 1,
  takes: "numbers",
  evaluate: (_, x) => fn(x!),
});

/** `a - b * floor(a / b)`: the result takes the sign of the divisor. */
function floorRemainder(a: number, b: number): number {
  const r = a % b;
  return r !== 0 && (r < 0) !== (b < 0) ? r + b : r;
}

/** Integer remainder; a divisor of 0 gives 0, since integers have no NaN. */
function integerRemainder(a: number, b: number): number {
  return b === 0 ? 0 : floorRemainder(a, b) | 0;
}

/**
 * Integer power that wraps to 32 bits; negative exponents truncate to 0.
 *
 * @example Cubes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { integerPower } from "@tenfold/core/internal";
 *
 * assertEquals(integerPower(-3, 3), -27);
 * ```
 */
export function integerPower(base: number, exponent: number): number {
  if (exponent < 0) {
    if (base === 1) return 1;
    if (base === -1) return exponent % 2 === 0 ? 1 : -1;
    return 0;
  }
  let result = 1;
  for (let e = exponent, b = base; e > 0; e >>>= 1) {
    if (e & 1) result = Math.imul(result, b);
    b = Math.imul(b, b);
  }
  return result;
}

/**
 * C's pow: 1 ** y and x ** 0 are 1 whatever the other is, -1 ** ±∞ is 1.
 *
 * @example Edges
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { power } from "@tenfold/core/internal";
 *
 * assertEquals(power(1, NaN), 1);
 * assertEquals(power(-1, Infinity), 1);
 * ```
 */
export function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  return base ** exponent;
}

/**
 * Every scalar function: arity, operands, and its value in float64.
 *
 * @example A value in float64
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { SCALAR_FUNCTIONS } from "@tenfold/core/backend";
 *
 * assertEquals(SCALAR_FUNCTIONS.max.evaluate("float32", 1, 2), 2);
 * ```
 */
export const SCALAR_FUNCTIONS: {
  readonly [N in ScalarFunction]: ScalarFacts;
} = {
  add: arithmetic((a, b) => a + b),
  sub: arithmetic((a, b) => a - b),
  mul: arithmetic((a, b) => a * b, Math.imul),
  div: {
    arity: 2,
    takes: "floats",
    evaluate: (_, a, b) => a! / b!,
  },
  /** Remainder with the sign of the divisor, as Python's `%`. */
  remainder: arithmetic(floorRemainder, integerRemainder),
  pow: arithmetic(power, integerPower),
  /** The larger operand; NaN if either is NaN; +0 beats -0 nowhere. */
  max: arithmetic((a, b) => (a > b || Number.isNaN(a) ? a : b)),
  min: arithmetic((a, b) => (a < b || Number.isNaN(a) ? a : b)),
  atan2: {
    arity: 2,
    takes: "floats",
    evaluate: (_, a, b) => Math.atan2(a!, b!),
  },

  neg: {
    arity: 1,
    takes: "numbers",
    evaluate: (dtype, x) => isFloating(dtype) ? -x! : -x! | 0,
  },
  abs: {
    arity: 1,
    takes: "numbers",
    evaluate: (dtype, x) => isFloating(dtype) ? Math.abs(x!) : Math.abs(x!) | 0,
  },
  /** -1, 0 or 1; NaN stays NaN. */
  sign: {
    arity: 1,
    takes: "numbers",
    evaluate: (_, x) => x! > 0 ? 1 : x! < 0 ? -1 : x! === 0 ? 0 : NaN,
  },
  floor: rounding(Math.floor),
  ceil: rounding(Math.ceil),
  /** Rounds to the nearest integer, halves to the even one. */
  round: rounding(roundHalfEven),
  trunc: rounding(Math.trunc),

  exp: float(Math.exp),
  expm1: float(Math.expm1),
  log: float(Math.log),
  log1p: float(Math.log1p),
  log2: float(Math.log2),
  sqrt: float(Math.sqrt),
  /** `1 / sqrt(x)`. */
  rsqrt: float((x) => 1 / Math.sqrt(x)),
  /** `1 / x`. */
  reciprocal: float((x) => 1 / x),
  sin: float(Math.sin),
  cos: float(Math.cos),
  tan: float(Math.tan),
  tanh: float(Math.tanh),
  /** `1 / (1 + exp(-x))`. */
  sigmoid: float((x) => 1 / (1 + Math.exp(-x))),
  erf: float(erf),
  /** `x / 2 * erfc(-x / sqrt(2))`: exact GELU, Hendrycks and Gimpel 2016. */
  gelu: float(gelu),
  /** The derivative of `gelu`. */
  geluSlope: float(geluSlope),
  /** `log(1 + exp(x))`, without overflow. */
  softplus: float((x) =>
    x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))
  ),

  eq: compare((a, b) => a === b),
  ne: compare((a, b) => a !== b),
  lt: compare((a, b) => a < b),
  le: compare((a, b) => a <= b),
  gt: compare((a, b) => a > b),
  ge: compare((a, b) => a >= b),
  and: logic((a, b) => a & b),
  or: logic((a, b) => a | b),
  xor: logic((a, b) => a ^ b),
  not: { arity: 1, takes: "bools", evaluate: (_, a) => 1 - a! },
  isNan: {
    arity: 1,
    takes: "any",
    evaluate: (_, x) => Number.isNaN(x) ? 1 : 0,
  },
  isFinite: {
    arity: 1,
    takes: "any",
    evaluate: (_, x) => Number.isFinite(x) ? 1 : 0,
  },
  /** `condition ? a : b`; the condition is bool, a and b share a dtype. */
  select: { arity: 3, takes: "any", evaluate: (_, c, a, b) => (c ? a! : b!) },

  /** Logical shift right of the 32 bits of `a` by `b` (0 to 31). */
  shiftRight: {
    arity: 2,
    takes: "integers",
    evaluate: (_, a, b) => (a! >>> b!) | 0,
  },
  /** The bits that both have. */
  bitAnd: { arity: 2, takes: "integers", evaluate: (_, a, b) => a! & b! },
  /** First word of Threefry-2x32 with key (a, b) at counter (c, d). */
  threefry: {
    arity: 4,
    takes: "integers",
    evaluate: (_, a, b, c, d) => threefry(a!, b!, c!, d!),
  },
};
