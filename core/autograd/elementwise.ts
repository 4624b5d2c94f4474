/**
 * The gradients of the elementwise primitives: derived from their expressions,
 * but where a row says otherwise. Each is one kernel, over the operands that it
 * reads, the output where the expression itself appears in it, and the gradient
 * of the output.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import {
  ELEMENTWISE,
  elementwiseExpr,
  type ElementwiseName,
} from "../elementwise.ts";
import { arg, call, castExpr, constant, type Expr, scalar } from "../expr.ts";
import { DTYPE_COUNT, DTYPE_PART, type Key, withPart } from "../key.ts";
import type { ElementwiseOp } from "../op.ts";
import { sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { differentiate } from "./differentiate.ts";
import {
  broadcastDims,
  type Gradient,
  overInputs,
  substitute,
} from "./formula.ts";
import type {
  Gradient as Gradients,
  Rule,
  RuleContext,
} from "../ops/gradient.ts";

type ElementwiseRule = Rule<ElementwiseOp>;
type ElementwiseRules = Gradients<ElementwiseOp>;
/** Finds the rule of operand `p`. */
type FindRule = (op: ElementwiseOp, p: number) => ElementwiseRule | null;

/**
 * The gradient by one operand from that of the output, the operands and the
 * output, all of one dtype; null where there is none.
 */
type Write = (
  g: Expr,
  operands: readonly Expr[],
  y: Expr,
) => Expr | null;

const zero = (like: Expr): Expr => constant(0, like.dtype);
// What is not taken is selected away rather than multiplied by 0, so that an
// infinite gradient of what follows does not make it NaN.
const where = (condition: Expr, g: Expr): Expr =>
  call("select", condition, g, zero(g));

/** What the inputs of a gradient are, before those that it does not read go. */
function write(
  name: ElementwiseName,
  p: number,
  own: Write | undefined,
  operands: readonly (DType | null)[],
  dtype: DType,
): Expr | null {
  const { rule } = ELEMENTWISE[name];
  let numbers = 0;
  const exprs = operands.map((operand, i) =>
    operand === null
      ? scalar(numbers++, i === 0 && rule === "select" ? "bool" : dtype)
      : arg(i, operand)
  );
  const y = arg(operands.length, dtype);
  const g = arg(operands.length + 1, dtype);
  if (own) return own(g, exprs.map((expr) => castExpr(expr, dtype)), y);
  const value = elementwiseExpr(name, exprs, {
    compute: dtype,
    result: dtype,
  });
  const found = differentiate(value, p, g);
  return found && substitute(found, (node) => node === value ? y : null);
}

/** What an operand can be: a tensor of some dtype, or a number. */
const OPERANDS = DTYPE_COUNT + 1;
const NUMBER = DTYPE_COUNT;

/** A rule for operand `p`, with a formula for each combination of dtypes. */
function ruleFrom(
  name: ElementwiseName,
  p: number,
  own: Write | undefined,
): ElementwiseRule | null {
  const { arity } = ELEMENTWISE[name];
  const output = arity;
  // Which operands it reads does not depend on their dtypes.
  const floats = new Array<DType>(arity).fill("float32");
  const example = write(name, p, own, floats, "float32");
  if (!example) return null;
  const known = new Map<Key, Gradient>();
  const formulaOf = (g: Tensor, c: RuleContext<ElementwiseOp>): Gradient => {
    const { operands } = c.op;
    let key: Key = DTYPE_PART[g.dtype];
    for (let i = 0; i < arity; i++) {
      const part = typeof operands?.[i] === "number"
        ? NUMBER
        : DTYPE_PART[c.input(i).dtype];
      key = withPart(key, part, OPERANDS);
    }
    let formula = known.get(key);
    if (formula === undefined) {
      const dtypes = floats.map((_, i) =>
        typeof operands?.[i] === "number" ? null : c.input(i).dtype
      );
      formula = overInputs(
        `the gradient of ${name}`,
        write(name, p, own, dtypes, g.dtype)!,
        dtypes.filter((dtype) => dtype === null).length,
        output + 1,
        g.dtype,
      );
      known.set(key, formula);
    }
    return formula;
  };
  return {
    saves: overInputs(name, example, 0, output + 1, "float32").uses.slice(0, -1)
      .map((i) => i === output ? "y" : i),
    grad: (g, c) => {
      const { formula, uses } = formulaOf(g, c);
      const inputs = uses.map((i) =>
        i < output ? c.t(i) : i === output ? c.y() : g
      );
      const scalars = formula.scalars === 0
        ? NO_SCALARS
        : c.op.operands!.filter((operand) => operand !== null);
      const { shape } = c.input(p);
      if (sameShape(shape, g.shape)) {
        return c.apply({ name: "map", formula, scalars }, inputs);
      }
      return c.apply({
        name: "mapSum",
        formula,
        scalars,
        dims: broadcastDims(g.shape, shape),
        keepDim: false,
        divisor: 1,
      }, inputs).reshape(shape);
    },
  };
}

const NO_SCALARS: readonly number[] = [];

/** Rules that are made once for each operand of each primitive. */
function rules(writes?: readonly Write[]): FindRule {
  const known = new Map<ElementwiseName, (ElementwiseRule | null)[]>();
  return ({ name }, p) => {
    let found = known.get(name);
    if (found === undefined) {
      found = Array.from(
        { length: ELEMENTWISE[name].arity },
        (_, p) => ruleFrom(name, p, writes?.[p]),
      );
      known.set(name, found);
    }
    return found[p]!;
  };
}

/** The derivative of the expression. */
const derived: FindRule = rules();
/** One expression for each operand. */
const written = (...writes: Write[]): FindRule => rules(writes);

const pass: ElementwiseRule = { saves: [], grad: (g) => g };
const zeros: ElementwiseRule = {
  saves: [],
  grad: (g, c) => c.full(g.shape, 0),
};
/** Steps: 0 wherever there is a derivative. */
const flat: ElementwiseRules = [zeros];
/** The result is no float, and has no gradient. */
const none: ElementwiseRules = [];

const cube = written((g, [a]) =>
  call("mul", g, call("mul", call("mul", a!, a!), constant(3, g.dtype)))
);

/** Powers that multiplication gives take no logarithm. */
const power: FindRule = (op, p) => {
  switch (op.operands?.[1]) {
    case 0:
      return zeros;
    case 1:
      return pass;
    case 3:
      return cube(op, p);
    default:
      return derived(op, p);
  }
};

/** At 0 it is that of the left side, and level, as in PyTorch. */
const elu = written((g, [x, alpha]) => {
  const below = where(call("lt", x!, zero(x!)), x!);
  const left = call("mul", g, call("mul", alpha!, call("exp", below)));
  return call("select", call("le", x!, zero(x!)), left, g);
});

/** One product with the gradient, so that an infinite one meets no 0. */
const silu = written((g, [x]) => {
  const s = call("sigmoid", x!);
  const one = constant(1, g.dtype);
  const slope = call("mul", x!, call("sub", one, s));
  return call("mul", g, call("mul", s, call("add", one, slope)));
});

/** The gradient rule of every elementwise primitive. */
export const ELEMENTWISE_GRADIENTS: {
  readonly [N in ElementwiseName]: ElementwiseRules;
} = {
  add: [pass, pass],
  sub: [pass, { saves: [], grad: (g) => g.neg() }],
  mul: derived,
  div: derived,
  remainder: derived,
  pow: power,
  maximum: derived,
  minimum: derived,
  atan2: derived,
  neg: [{ saves: [], grad: (g) => g.neg() }],
  abs: derived,
  sign: flat,
  square: derived,
  exp: derived,
  expm1: derived,
  log: derived,
  log1p: derived,
  log2: derived,
  sqrt: derived,
  rsqrt: derived,
  reciprocal: derived,
  sin: derived,
  cos: derived,
  tan: derived,
  tanh: derived,
  sigmoid: derived,
  erf: derived,
  gelu: derived,
  softplus: derived,
  floor: flat,
  ceil: flat,
  round: flat,
  trunc: flat,
  // From the output, so that the input need not be kept.
  relu: written((g, _, y) =>
    call("select", call("le", y, zero(y)), zero(g), g)
  ),
  leakyRelu: derived,
  elu: (op, p) => (p === 0 ? elu : derived)(op, p),
  silu,
  // The whole gradient at the bounds, as in PyTorch.
  clamp: written(
    (g, [x, low, high]) =>
      where(call("and", call("ge", x!, low!), call("le", x!, high!)), g),
    (g, [x, low, high]) =>
      where(call("and", call("gt", low!, x!), call("lt", low!, high!)), g),
    (g, [x, low, high]) =>
      where(call("or", call("lt", high!, x!), call("lt", high!, low!)), g),
  ),
  eq: none,
  ne: none,
  lt: none,
  le: none,
  gt: none,
  ge: none,
  logicalAnd: none,
  logicalOr: none,
  logicalXor: none,
  logicalNot: none,
  isNan: none,
  isFinite: none,
  where: derived,
};
