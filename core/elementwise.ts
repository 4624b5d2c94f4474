/**
 * The elementwise primitives: each is a scalar expression over its operands,
 * and a rule for the dtype that the operands are brought to.
 *
 * @module
 */
import { type DType, floatOf, numberOf } from "./dtype.ts";
import { call, castExpr, constant, type Expr } from "./expr.ts";
import type { ScalarFunction } from "./scalar.ts";

/** The name of an elementwise primitive. */
export type ElementwiseName =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "remainder"
  | "pow"
  | "maximum"
  | "minimum"
  | "atan2"
  | "neg"
  | "abs"
  | "sign"
  | "square"
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
  | "softplus"
  | "floor"
  | "ceil"
  | "round"
  | "trunc"
  | "relu"
  | "leakyRelu"
  | "elu"
  | "silu"
  | "clamp"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "logicalAnd"
  | "logicalOr"
  | "logicalXor"
  | "logicalNot"
  | "isNan"
  | "isFinite"
  | "where";

/**
 * How dtypes mix:
 *
 * - `promote`: operands to their common dtype, which the result keeps
 * - `float`: the same, but integers and bools become float32
 * - `compare`: operands to their common dtype, the result is bool
 * - `logic`: operands to bool (`!= 0`), the result is bool
 * - `select`: the first operand to bool, the others to their common dtype
 */
export type DTypeRule = "promote" | "float" | "compare" | "logic" | "select";

/** One elementwise primitive. */
export interface Elementwise {
  /** Number of operands; each may be a tensor or a number. */
  readonly arity: number;
  /** How the dtypes of the operands mix. */
  readonly rule: DTypeRule;
  /**
   * What becomes of operands that are all bool under `promote`: the result is
   * bool again (computed as integers, then `!= 0`), int32, or refused.
   */
  readonly bools: "bool" | "int32" | "refuse";
  /** The value, over operands of one dtype. */
  readonly expr: (...operands: Expr[]) => Expr;
}

type Build = (...operands: Expr[]) => Expr;

const row = (
  arity: number,
  rule: DTypeRule,
  expr: Build,
  bools: Elementwise["bools"] = "int32",
): Elementwise => ({ arity, rule, bools, expr });

const fn = (name: ScalarFunction): Build => (...operands) =>
  call(name, ...operands);

/** A constant of the dtype that `like` has. */
const number = (value: number, like: Expr): Expr => constant(value, like.dtype);

const binary = (
  name: ScalarFunction,
  bools?: Elementwise["bools"],
): Elementwise => row(2, "promote", fn(name), bools);
const float = (name: ScalarFunction): Elementwise => row(1, "float", fn(name));
const compare = (name: ScalarFunction): Elementwise =>
  row(2, "compare", fn(name));
const integral = (name: ScalarFunction): Elementwise =>
  row(1, "promote", fn(name));

/** `x > 0 ? x : other`, which keeps NaN. */
const positiveOr = (x: Expr, other: Expr): Expr =>
  call("select", call("le", x, number(0, x)), other, x);

/** Every elementwise primitive. */
export const ELEMENTWISE: {
  readonly [N in ElementwiseName]: Elementwise;
} = {
  add: binary("add", "bool"),
  sub: binary("sub", "refuse"),
  mul: binary("mul", "bool"),
  div: row(2, "float", fn("div")),
  remainder: binary("remainder"),
  pow: binary("pow"),
  maximum: binary("max", "bool"),
  minimum: binary("min", "bool"),
  atan2: row(2, "float", fn("atan2")),

  neg: row(1, "promote", fn("neg"), "refuse"),
  abs: row(1, "promote", fn("abs"), "bool"),
  sign: row(1, "promote", fn("sign"), "bool"),
  square: row(1, "promote", (x) => call("mul", x!, x!)),
  exp: float("exp"),
  expm1: float("expm1"),
  log: float("log"),
  log1p: float("log1p"),
  log2: float("log2"),
  sqrt: float("sqrt"),
  rsqrt: float("rsqrt"),
  reciprocal: float("reciprocal"),
  sin: float("sin"),
  cos: float("cos"),
  tan: float("tan"),
  tanh: float("tanh"),
  sigmoid: float("sigmoid"),
  erf: float("erf"),
  gelu: float("gelu"),
  softplus: float("softplus"),
  floor: integral("floor"),
  ceil: integral("ceil"),
  round: integral("round"),
  trunc: integral("trunc"),

  relu: row(1, "promote", (x) => positiveOr(x!, number(0, x!))),
  /** Operands x, slope. */
  leakyRelu: row(
    2,
    "float",
    (x, slope) =>
      call(
        "select",
        call("gt", x!, number(0, x!)),
        x!,
        call("mul", x!, slope!),
      ),
  ),
  /** Operands x, alpha: `x > 0 ? x : alpha * (exp(x) - 1)`. */
  elu: row(
    2,
    "float",
    (x, alpha) => positiveOr(x!, call("mul", alpha!, call("expm1", x!))),
  ),
  silu: row(1, "float", (x) => call("mul", x!, call("sigmoid", x!))),
  /** Operands x, low, high. */
  clamp: row(
    3,
    "promote",
    (x, low, high) => call("min", call("max", x!, low!), high!),
  ),

  eq: compare("eq"),
  ne: compare("ne"),
  lt: compare("lt"),
  le: compare("le"),
  gt: compare("gt"),
  ge: compare("ge"),
  logicalAnd: row(2, "logic", fn("and")),
  logicalOr: row(2, "logic", fn("or")),
  logicalXor: row(2, "logic", fn("xor")),
  logicalNot: row(1, "logic", fn("not")),
  isNan: row(1, "compare", fn("isNan")),
  isFinite: row(1, "compare", fn("isFinite")),
  /** Operands condition, a, b. */
  where: row(3, "select", fn("select")),
};

/** A table that holds the same row for every elementwise primitive. */
export function forEachElementwise<R>(
  row: R,
): { readonly [N in ElementwiseName]: R } {
  const names = Object.keys(ELEMENTWISE) as ElementwiseName[];
  return Object.fromEntries(names.map((name) => [name, row])) as {
    [N in ElementwiseName]: R;
  };
}

/** The dtypes that operands are brought to, and that of the result. */
export interface Resolved {
  /** Each operand is cast to this before the expression. */
  readonly compute: DType;
  /** The dtype of the result. */
  readonly result: DType;
}

/**
 * Applies a row's rule to the common dtype of its operands; null where the
 * primitive refuses them.
 */
export function resolveDType(
  facts: Elementwise,
  common: DType,
): Resolved | null {
  switch (facts.rule) {
    case "float": {
      const dtype = floatOf(common);
      return { compute: dtype, result: dtype };
    }
    case "compare":
      return { compute: numberOf(common), result: "bool" };
    case "logic":
      return { compute: "bool", result: "bool" };
    case "select":
      return { compute: common, result: common };
    case "promote":
      if (common !== "bool") return { compute: common, result: common };
      if (facts.bools === "refuse") return null;
      return { compute: "int32", result: facts.bools };
  }
}

/** The whole expression of a primitive, casts included. */
export function elementwiseExpr(
  name: ElementwiseName,
  operands: readonly Expr[],
  resolved: Resolved,
): Expr {
  const facts: Elementwise = ELEMENTWISE[name];
  const cast = operands.map((operand, i) =>
    castExpr(
      operand,
      facts.rule === "select" && i === 0 ? "bool" : resolved.compute,
    )
  );
  return castExpr(facts.expr(...cast), resolved.result);
}
