/**
 * How WGSL computes each scalar function: one row each, a missing row is a
 * compile error.
 *
 * @module
 */
import { isFloating } from "@tenfold/core";
import { castNumber, type ScalarFunction } from "@tenfold/core/backend";
import { type GpuDType, gpuOf } from "./dtype.ts";

/** Renders a call from rendered operands of the dtype `dtype`. */
type Render = (dtype: GpuDType, ...operands: string[]) => string;

const infix = (sign: string): Render => (_, a, b) => `(${a} ${sign} ${b})`;

const named = (name: string): Render => (_, ...operands) =>
  `${name}(${operands.join(", ")})`;

/** One rendering for floats, another one for integers. */
const either =
  (float: Render, integer: Render): Render => (dtype, ...operands) =>
    (isFloating(dtype) ? float : integer)(dtype, ...operands);

/** A comparison that is false where an operand is NaN. */
const ordered = (sign: string): Render =>
  either(
    (_, a, b) => `((${a} ${sign} ${b}) & tf_ordered(${a}, ${b}))`,
    infix(sign),
  );

const AS_NUMBER: Render = (dtype, x) =>
  dtype === "bool" ? `select(0, 1, ${x})` : x!;

/** A comparison of bools goes by way of 0 and 1. */
const compare = (sign: string): Render => (dtype, a, b) =>
  ordered(sign)(dtype, AS_NUMBER(dtype, a!), AS_NUMBER(dtype, b!));

/** To an integer in the direction that `name` says; keeps the sign of zero. */
const rounding = (name: string): Render =>
  either((_, x) => `tf_signed(tf_abs(${name}(${x})), ${x})`, (_, x) => x!);

const test = (name: string, ofIntegers: string): Render =>
  either(named(name), () => ofIntegers);

/** Every scalar function. */
export const RENDER: { readonly [F in ScalarFunction]: Render } = {
  add: infix("+"),
  sub: either((_, a, b) => `(${a} - tf_opaque(${b}))`, infix("-")),
  mul: infix("*"),
  div: (_, a, b) => `tf_div(${a}, ${a === b ? `tf_opaque(${b})` : b})`,
  remainder: either(named("tf_remainder"), named("tf_int_remainder")),
  pow: either(named("tf_pow"), named("tf_int_pow")),
  max: either(named("tf_max"), named("max")),
  min: either(named("tf_min"), named("min")),
  atan2: named("tf_atan2"),

  neg: either(named("tf_neg"), named("tf_int_neg")),
  abs: either(named("tf_abs"), named("abs")),
  sign: either(named("tf_sign"), named("sign")),
  floor: rounding("floor"),
  ceil: rounding("ceil"),
  round: rounding("round"),
  trunc: rounding("trunc"),

  exp: named("tf_exp"),
  expm1: named("tf_expm1"),
  log: named("tf_log"),
  log1p: named("tf_log1p"),
  log2: named("tf_log2"),
  sqrt: named("sqrt"),
  rsqrt: (_, x) => `(1.0f / sqrt(${x}))`,
  reciprocal: (_, x) => `(1.0f / ${x})`,
  sin: named("tf_sin"),
  cos: named("tf_cos"),
  tan: named("tf_tan"),
  tanh: named("tf_tanh"),
  sigmoid: named("tf_sigmoid"),
  erf: named("tf_erf"),
  gelu: named("tf_gelu"),
  geluSlope: named("tf_gelu_slope"),
  softplus: named("tf_softplus"),

  eq: compare("=="),
  ne: either(
    (_, a, b) => `((${a} != ${b}) | !tf_ordered(${a}, ${b}))`,
    infix("!="),
  ),
  lt: compare("<"),
  le: compare("<="),
  gt: compare(">"),
  ge: compare(">="),
  and: infix("&"),
  or: infix("|"),
  xor: infix("!="),
  not: (_, a) => `(!${a})`,
  isNan: test("tf_is_nan", "false"),
  isFinite: test("tf_is_finite", "true"),
  select: (_, condition, a, b) => `select(${b}, ${a}, ${condition})`,

  shiftRight: (_, a, b) =>
    `bitcast<i32>(bitcast<u32>(${a}) >> bitcast<u32>(${b}))`,
  bitAnd: infix("&"),
  threefry: named("tf_threefry"),
};

/** A change of dtype. */
export function renderCast(from: GpuDType, to: GpuDType, x: string): string {
  if (from === to) return x;
  if (from === "float16") {
    return renderCast("float32", to, `tf_from_half(${x})`);
  }
  const source = gpuOf(from);
  if (to === "bool") return source.truth(x);
  const { fromBool, fromNumber } = gpuOf(to);
  return from === "bool" ? fromBool(x) : fromNumber(x);
}

/** A constant. */
export function renderConstant(value: number, dtype: GpuDType): string {
  return gpuOf(dtype).literal(castNumber(dtype, value));
}
