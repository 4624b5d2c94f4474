/**
 * Derivatives of scalar expressions: one table keyed by scalar function, and a
 * walk over the expression that applies it.
 *
 * @module
 */
import { type DType, isFloating, promote } from "../dtype.ts";
import { call, castExpr, constant, type Expr, topological } from "./expr.ts";
import type { ScalarFunction } from "./scalar.ts";

/**
 * The change of a call: `y` is the call itself, `x` its operands, and `d` the
 * change of each operand, null where it does not change.
 */
type Rule = (
  y: Expr,
  x: readonly Expr[],
  d: readonly (Expr | null)[],
) => Expr | null;

/** The change of the call for a change `d` of one operand. */
type Partial = (d: Expr, y: Expr, a: Expr, b: Expr) => Expr;

const add = (a: Expr, b: Expr): Expr => call("add", a, b);
const sub = (a: Expr, b: Expr): Expr => call("sub", a, b);
const mul = (a: Expr, b: Expr): Expr => call("mul", a, b);
const div = (a: Expr, b: Expr): Expr => call("div", a, b);
const neg = (a: Expr): Expr => call("neg", a);
const square = (a: Expr): Expr => mul(a, a);
/** A number of the dtype that `like` has. */
const num = (value: number, like: Expr): Expr => constant(value, like.dtype);
const select = (c: Expr, a: Expr, b: Expr): Expr => call("select", c, a, b);
const not0 = (x: Expr): Expr => call("ne", x, num(0, x));

const plus = (a: Expr | null, b: Expr | null): Expr | null =>
  a === null ? b : b === null ? a : add(a, b);

/** The sum of what the change of each operand does. */
const sum = (...partials: Partial[]): Rule => (y, x, d) =>
  partials.reduce<Expr | null>((total, partial, i) => {
    const change = d[i];
    return change ? plus(total, partial(change, y, x[0]!, x[1]!)) : total;
  }, null);

/** A change of nothing: steps, tests and bits. */
const flat: Rule = () => null;

/**
 * The change of whichever operand is taken; half of each where they tie, and
 * of both where neither wins, as one is NaN.
 */
const extreme = (loses: "lt" | "gt"): Rule =>
  sum(
    (d, y, a, b) => shareOf(loses, d, y, a, b),
    (d, y, a, b) => shareOf(loses, d, y, b, a),
  );

const shareOf = (
  loses: "lt" | "gt",
  d: Expr,
  y: Expr,
  mine: Expr,
  other: Expr,
): Expr =>
  select(
    call(loses, mine, other),
    num(0, y),
    select(call("eq", mine, other), mul(d, num(0.5, y)), d),
  );

/**
 * The quotient of `a` by `b` rounded down, from their remainder `y`: exact where
 * `a / b` would be rounded up to the next integer.
 */
export function wholeQuotient(a: Expr, b: Expr, y: Expr): Expr {
  const isInfinite = call("eq", call("abs", b), num(Infinity, b));
  return call(
    "select",
    call("eq", b, num(0, b)),
    call("div", a, b),
    call(
      "select",
      call("and", isInfinite, call("isFinite", a)),
      // It goes into `a` not at all, or -1 times.
      call("select", call("eq", y, a), num(0, a), num(-1, a)),
      call("round", call("div", call("sub", a, y), b)),
    ),
  );
}

/** exp(-x²/2) / √(2π), the density of the standard normal distribution. */
const density = (x: Expr): Expr =>
  mul(call("exp", mul(square(x), num(-0.5, x))), num(0.3989422804014327, x));

/** Every scalar function. */
const RULES: { readonly [N in ScalarFunction]: Rule } = {
  add: sum((d) => d, (d) => d),
  sub: sum((d) => d, (d) => neg(d)),
  mul: sum((d, _y, _a, b) => mul(d, b), (d, _y, a) => mul(d, a)),
  div: sum(
    (d, _y, _a, b) => div(d, b),
    (d, y, _a, b) => neg(div(mul(d, y), b)),
  ),
  remainder: sum(
    (d) => d,
    (d, y, a, b) => neg(mul(d, wholeQuotient(a, b, y))),
  ),
  pow: sum(
    (d, y, a, b) =>
      select(
        not0(b),
        mul(d, mul(b, call("pow", a, sub(b, num(1, b))))),
        num(0, y),
      ),
    // 0 to a power from 0 on is level; to a negative one it is infinite.
    (d, y, a, b) =>
      mul(
        d,
        select(
          call("and", call("eq", a, num(0, a)), call("ge", b, num(0, b))),
          num(0, y),
          mul(y, call("log", a)),
        ),
      ),
  ),
  max: extreme("lt"),
  min: extreme("gt"),
  atan2: sum(
    (d, _y, a, b) => div(mul(d, b), add(square(a), square(b))),
    (d, _y, a, b) => neg(div(mul(d, a), add(square(a), square(b)))),
  ),
  neg: sum((d) => neg(d)),
  abs: sum((d, _y, a) => mul(d, call("sign", a))),
  sign: flat,
  floor: flat,
  ceil: flat,
  round: flat,
  trunc: flat,
  exp: sum((d, y) => mul(d, y)),
  // Of expm1 plus 1 nothing is left where x is far below 0.
  expm1: sum((d, _y, a) => mul(d, call("exp", a))),
  log: sum((d, _y, a) => div(d, a)),
  log1p: sum((d, _y, a) => div(d, add(a, num(1, a)))),
  log2: sum((d, _y, a) => div(d, mul(a, num(Math.LN2, a)))),
  sqrt: sum((d, y) => div(d, add(y, y))),
  // Half of a tiny `d` would count as 0 where small numbers do.
  rsqrt: sum((d, y) => mul(d, mul(num(-0.5, y), mul(y, square(y))))),
  reciprocal: sum((d, y) => neg(mul(d, square(y)))),
  sin: sum((d, _y, a) => mul(d, call("cos", a))),
  cos: sum((d, _y, a) => neg(mul(d, call("sin", a)))),
  tan: sum((d, y) => mul(d, add(square(y), num(1, y)))),
  tanh: sum((d, y) => mul(d, sub(num(1, y), square(y)))),
  sigmoid: sum((d, y) => mul(d, mul(y, sub(num(1, y), y)))),
  erf: sum((d, _y, a) =>
    mul(d, mul(num(1.1283791670955126, a), call("exp", neg(square(a)))))
  ),
  gelu: sum((d, _y, a) => mul(d, call("geluSlope", a))),
  geluSlope: sum((d, _y, a) =>
    mul(d, mul(density(a), sub(num(2, a), square(a))))
  ),
  softplus: sum((d, _y, a) => mul(d, call("sigmoid", a))),
  eq: flat,
  ne: flat,
  lt: flat,
  le: flat,
  gt: flat,
  ge: flat,
  and: flat,
  or: flat,
  xor: flat,
  not: flat,
  isNan: flat,
  isFinite: flat,
  // Chosen rather than weighted: 0 times an infinity on the other side is NaN.
  select: (y, [condition], [, da, db]) =>
    da || db ? select(condition!, da ?? num(0, y), db ?? num(0, y)) : null,
  shiftRight: flat,
  bitAnd: flat,
  threefry: flat,
};

/** The widest float dtype of any node. */
function widestFloat(roots: readonly Expr[]): DType {
  return topological(roots).reduce<DType>(
    (widest, { dtype }) => isFloating(dtype) ? promote(widest, dtype) : widest,
    "float32",
  );
}

/**
 * How `expr` changes where input `index` changes by `change`; null where it
 * does not. All changes have the widest float dtype of the expression, so that
 * none is rounded on its way; so has the result.
 *
 * @param change A float.
 */
export function differentiate(
  expr: Expr,
  index: number,
  change: Expr,
): Expr | null {
  const dtype = widestFloat([expr, change]);
  const wide = (node: Expr): Expr =>
    isFloating(node.dtype) ? castExpr(node, dtype) : node;
  const known = new Map<Expr, Expr | null>();
  const changeOf = (node: Expr): Expr | null => {
    let result = known.get(node);
    if (result === undefined) known.set(node, result = find(node));
    return result;
  };
  const find = (node: Expr): Expr | null => {
    switch (node.kind) {
      case "arg":
        return node.index === index ? wide(change) : null;
      case "cast":
        return isFloating(node.dtype) ? changeOf(node.value) : null;
      case "call":
        return isFloating(node.dtype)
          ? RULES[node.fn](
            wide(node),
            node.args.map(wide),
            node.args.map(changeOf),
          )
          : null;
      default:
        return null;
    }
  };
  return changeOf(expr);
}
