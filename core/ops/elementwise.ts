/**
 * The elementwise primitives: each is a scalar expression over its operands, a
 * rule for the dtype that the operands are brought to, and a gradient, which is
 * derived from the expression unless its row says otherwise.
 *
 * @module
 */
import { call, constant, type Expr } from "../expr/expr.ts";
import type { ScalarFunction } from "../expr/scalar.ts";
import { derived, type FindRule, written } from "./elementwise_gradient.ts";
import {
  type DTypeRule,
  type Elementwise,
  type ElementwiseMeta,
  elementwisePrimitive,
} from "./elementwise_kernel.ts";
import { free, type Gradient, none, pass } from "./gradient.ts";
import type { Family } from "./primitive.ts";

/**
 * The name of an elementwise primitive.
 *
 * @example A name
 * ```ts
 * import type { ElementwiseName } from "@tenfold/core/backend";
 *
 * const name: ElementwiseName = "relu";
 * ```
 */
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
  | "hypot"
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
 * An elementwise primitive. `operands` says which operands are numbers; the
 * `null`s are filled with the tensor inputs in order. Left out: all tensors.
 *
 * @example 1 - x
 * ```ts
 * import type { ElementwiseOp } from "@tenfold/core/backend";
 *
 * const op: ElementwiseOp = { name: "sub", operands: [1, null] };
 * ```
 */
export interface ElementwiseOp {
  /** Which function. */
  readonly name: ElementwiseName;
  /** Numbers among the operands. */
  readonly operands?: readonly (number | null)[];
}

/** Rules, or what makes them of the row. */
type ElementwiseGradient =
  | Extract<Gradient<ElementwiseOp>, readonly unknown[]>
  | ((facts: Elementwise) => FindRule);

/** One primitive: what it computes, and its gradient. */
interface Row extends Elementwise {
  readonly gradient: ElementwiseGradient;
}

type Build = (...operands: Expr[]) => Expr;

const row = (
  arity: number,
  rule: DTypeRule,
  expr: Build,
  gradient: ElementwiseGradient,
  bools: Elementwise["bools"] = "int32",
): Row => ({ arity, rule, bools, expr, gradient });

const fn = (name: ScalarFunction): Build => (...operands) =>
  call(name, ...operands);

/** A number of the dtype that `like` has. */
const number = (value: number, like: Expr): Expr => constant(value, like.dtype);
const zero = (like: Expr): Expr => number(0, like);

/** `x > 0 ? x : other`, which keeps NaN. */
const positiveOr = (x: Expr, other: Expr): Expr =>
  call("select", call("le", x, zero(x)), other, x);

// What is not taken is selected away rather than multiplied by 0, so that an
// infinite gradient of what follows does not make it NaN.
const where = (condition: Expr, g: Expr): Expr =>
  call("select", condition, g, zero(g));

const zeros = free<ElementwiseOp>((g, c) => c.full(g.shape, 0));
const negated = free<ElementwiseOp>((g) => g.neg());
/** Steps: 0 wherever there is a derivative. */
const flat = [zeros];

/** Powers that multiplication gives take no logarithm. */
const power = (facts: Elementwise): FindRule => {
  const any = derived(facts);
  const cube = written((g, [a]) =>
    call("mul", g, call("mul", call("mul", a!, a!), number(3, g)))
  )(facts);
  return (op, p) => {
    switch (op.operands?.[1]) {
      case 0:
        return zeros;
      case 1:
        return pass;
      case 3:
        return cube(op, p);
      default:
        return any(op, p);
    }
  };
};

/** At 0 it is that of the left side, and level, as in PyTorch. */
const eluGradient = (facts: Elementwise): FindRule => {
  const byAlpha = derived(facts);
  const byX = written((g, [x, alpha]) => {
    const below = where(call("lt", x!, zero(x!)), x!);
    const left = call("mul", g, call("mul", alpha!, call("exp", below)));
    return call("select", call("le", x!, zero(x!)), left, g);
  })(facts);
  return (op, p) => (p === 0 ? byX : byAlpha)(op, p);
};

/** From the output, so that the input need not be kept. */
const reluGradient = written((g, _, y) =>
  call("select", call("le", y, zero(y)), zero(g), g)
);

/** One product with the gradient, so that an infinite one meets no 0. */
const siluGradient = written((g, [x]) => {
  const s = call("sigmoid", x!);
  const slope = call("mul", x!, call("sub", number(1, g), s));
  return call("mul", g, call("mul", s, call("add", number(1, g), slope)));
});

/** The whole gradient at the bounds, as in PyTorch. */
const clampGradient = written(
  (g, [x, low, high]) =>
    where(call("and", call("ge", x!, low!), call("le", x!, high!)), g),
  (g, [x, low, high]) =>
    where(call("and", call("gt", low!, x!), call("lt", low!, high!)), g),
  (g, [x, low, high]) =>
    where(call("or", call("lt", high!, x!), call("lt", high!, low!)), g),
);

/** `top * sqrt(1 + (low / top)^2)`; infinite where a side is, even beside NaN. */
const hypot: Build = (a, b) => {
  const [x, y, most] = [call("abs", a!), call("abs", b!), number(Infinity, a!)];
  const top = call("max", x, y);
  const ratio = call("div", call("min", x, y), top);
  const sum = call("add", number(1, x), call("mul", ratio, ratio));
  const length = call("mul", top, call("sqrt", sum));
  const far = call("or", call("eq", x, most), call("eq", y, most));
  // 0 where a device takes `top` for it, whose ratio is then NaN.
  const near = call("select", call("eq", top, zero(x)), zero(x), length);
  return call("select", far, most, near);
};
const hypotGradient = written(
  (g, [a], y) => call("mul", g, call("div", a!, y)),
  (g, [_, b], y) => call("mul", g, call("div", b!, y)),
);

const binary = (
  name: ScalarFunction,
  gradient: ElementwiseGradient,
  bools?: Elementwise["bools"],
): Row => row(2, "promote", fn(name), gradient, bools);
const unary = (
  name: ScalarFunction,
  gradient: ElementwiseGradient,
  bools?: Elementwise["bools"],
): Row => row(1, "promote", fn(name), gradient, bools);
const float = (name: ScalarFunction, gradient: ElementwiseGradient): Row =>
  row(1, "float", fn(name), gradient);
const test = (arity: number, name: ScalarFunction): Row =>
  row(arity, "compare", fn(name), none);
const logic = (arity: number, name: ScalarFunction): Row =>
  row(arity, "logic", fn(name), none);

const ROWS: { readonly [N in ElementwiseName]: Row } = {
  add: binary("add", [pass, pass], "bool"),
  sub: binary("sub", [pass, negated], "refuse"),
  mul: binary("mul", derived, "bool"),
  div: row(2, "float", fn("div"), derived),
  remainder: binary("remainder", derived),
  pow: binary("pow", power),
  maximum: binary("max", derived, "bool"),
  minimum: binary("min", derived, "bool"),
  atan2: row(2, "float", fn("atan2"), derived),
  hypot: row(2, "float", hypot, hypotGradient),

  neg: unary("neg", [negated], "refuse"),
  abs: unary("abs", derived, "bool"),
  sign: unary("sign", flat, "bool"),
  square: row(1, "promote", (x) => call("mul", x!, x!), derived),
  exp: float("exp", derived),
  expm1: float("expm1", derived),
  log: float("log", derived),
  log1p: float("log1p", derived),
  log2: float("log2", derived),
  sqrt: float("sqrt", derived),
  rsqrt: float("rsqrt", derived),
  reciprocal: float("reciprocal", derived),
  sin: float("sin", derived),
  cos: float("cos", derived),
  tan: float("tan", derived),
  tanh: float("tanh", derived),
  sigmoid: float("sigmoid", derived),
  erf: float("erf", derived),
  gelu: float("gelu", derived),
  softplus: float("softplus", derived),
  floor: unary("floor", flat),
  ceil: unary("ceil", flat),
  round: unary("round", flat),
  trunc: unary("trunc", flat),

  relu: row(1, "promote", (x) => positiveOr(x!, zero(x!)), reluGradient),
  /** Operands x, slope. */
  leakyRelu: row(
    2,
    "float",
    (x, slope) =>
      call("select", call("gt", x!, zero(x!)), x!, call("mul", x!, slope!)),
    derived,
  ),
  /** Operands x, alpha: `x > 0 ? x : alpha * (exp(x) - 1)`. */
  elu: row(
    2,
    "float",
    (x, alpha) => positiveOr(x!, call("mul", alpha!, call("expm1", x!))),
    eluGradient,
  ),
  silu: row(
    1,
    "float",
    (x) => call("mul", x!, call("sigmoid", x!)),
    siluGradient,
  ),
  /** Operands x, low, high. */
  clamp: row(
    3,
    "promote",
    (x, low, high) => call("min", call("max", x!, low!), high!),
    clampGradient,
  ),

  eq: test(2, "eq"),
  ne: test(2, "ne"),
  lt: test(2, "lt"),
  le: test(2, "le"),
  gt: test(2, "gt"),
  ge: test(2, "ge"),
  logicalAnd: logic(2, "and"),
  logicalOr: logic(2, "or"),
  logicalXor: logic(2, "xor"),
  logicalNot: logic(1, "not"),
  isNan: test(1, "isNan"),
  isFinite: test(1, "isFinite"),
  /** Operands condition, a, b. */
  where: row(3, "select", fn("select"), derived),
};

/**
 * What each elementwise primitive computes.
 *
 * @example How many operands a function takes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ELEMENTWISE } from "@tenfold/core/backend";
 *
 * assertEquals(ELEMENTWISE.where.arity, 3);
 * ```
 */
export const ELEMENTWISE: { readonly [N in ElementwiseName]: Elementwise } =
  ROWS;

const primitives = Object.entries(ROWS).map(([name, facts]) => {
  const { gradient } = facts;
  return [name, {
    ...elementwisePrimitive(facts),
    gradient: typeof gradient === "function" ? gradient(facts) : gradient,
  }];
});

/** Every elementwise primitive. */
export const ELEMENTWISE_PRIMITIVES = Object.fromEntries(primitives) as Family<
  ElementwiseOp,
  ElementwiseMeta
>;
