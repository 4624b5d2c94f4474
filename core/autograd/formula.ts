/**
 * The gradients of formulas: formulas again, derived once for each input and
 * kept, so that they differentiate again.
 *
 * @module
 */
import { type DType, isFloating } from "../dtype.ts";
import {
  arg,
  call,
  castExpr,
  type Expr,
  scalar,
  topological,
  usesIndex,
} from "../expr.ts";
import type { Formula, MapOp, MapSumOp } from "../op.ts";
import { broadcastShapes, sameShape, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { differentiate } from "./differentiate.ts";
import type { Rule, RuleContext } from "../ops/gradient.ts";

/** A gradient as a formula over those inputs that it reads. */
export interface Gradient {
  /** What is computed. */
  readonly formula: Formula;
  /** The inputs that it reads, in order: that of the result is the last. */
  readonly uses: readonly number[];
}

/** The expression with others in place of the nodes for which there is one. */
export function substitute(
  expr: Expr,
  replace: (node: Expr) => Expr | null,
): Expr {
  const known = new Map<Expr, Expr>();
  const visit = (node: Expr): Expr => {
    let result = known.get(node);
    if (result === undefined) {
      known.set(node, result = replace(node) ?? copy(node));
    }
    return result;
  };
  const copy = (node: Expr): Expr => {
    switch (node.kind) {
      case "cast":
        return { ...node, value: visit(node.value) };
      case "call":
        return { ...node, args: node.args.map(visit) };
      default:
        return node;
    }
  };
  return visit(expr);
}

/**
 * A gradient as a formula over the inputs that it reads alone, and that of the
 * result, `last`, whose shape it has.
 */
export function overInputs(
  label: string,
  expr: Expr,
  scalars: number,
  last: number,
  dtype: DType,
): Gradient {
  const found = new Map([[last, dtype]]);
  for (const node of topological([expr])) {
    if (node.kind === "arg") found.set(node.index, node.dtype);
  }
  const uses = [...found.keys()].sort((a, b) => a - b);
  const own = substitute(
    expr,
    (node) =>
      node.kind === "arg" ? arg(uses.indexOf(node.index), node.dtype) : null,
  );
  const inputs = uses.map((i) => found.get(i)!);
  return { formula: { label, inputs, scalars, expr: own }, uses };
}

/** The dims of `whole` along which a tensor of shape `part` was repeated. */
export function broadcastDims(whole: Shape, part: Shape): number[] {
  const lead = whole.length - part.length;
  return whole.map((_, d) => d).filter((d) =>
    d < lead || (part[d - lead] === 1 && whole[d] !== 1)
  );
}

/** The gradient by input `p`; `g` is the input behind the last. */
function gradientExpr(
  { expr, inputs, scalars, gradients }: Formula,
  p: number,
  divides: boolean,
): Expr | null {
  const last = inputs.length;
  const g = arg(last, expr.dtype);
  const scaled = divides ? call("div", g, scalar(scalars, expr.dtype)) : g;
  if (!gradients) return differentiate(expr, p, scaled);
  const own = gradients[p] ?? null;
  if (!own || !divides) return own;
  return substitute(
    own,
    (node) => node.kind === "arg" && node.index === last ? scaled : null,
  );
}

function gradientOf(
  formula: Formula,
  p: number,
  divides: boolean,
): Gradient | null {
  const dtype = formula.inputs[p]!;
  if (!isFloating(dtype) || !isFloating(formula.expr.dtype)) return null;
  const found = gradientExpr(formula, p, divides);
  return found && overInputs(
    `the gradient of ${formula.label}`,
    castExpr(found, dtype),
    formula.scalars + (divides ? 1 : 0),
    formula.inputs.length,
    formula.expr.dtype,
  );
}

const NO_GRADIENT: Rule<MapOp | MapSumOp> = { saves: [], grad: () => null };

const known = new WeakMap<Formula, Map<number, Rule<MapOp | MapSumOp>>>();

/** The rule for input `p` of a map or the sum of one. */
export function formulaRule(
  op: MapOp | MapSumOp,
  p: number,
): Rule<MapOp | MapSumOp> {
  const divides = op.name === "mapSum" && op.divisor !== 1;
  const key = p * 2 + (divides ? 1 : 0);
  let rules = known.get(op.formula);
  if (rules === undefined) known.set(op.formula, rules = new Map());
  let rule = rules.get(key);
  if (rule === undefined) {
    const gradient = gradientOf(op.formula, p, divides);
    rule = gradient
      ? {
        saves: gradient.uses.slice(0, -1),
        grad: (g, c) => apply(gradient, g, c, p),
      }
      : NO_GRADIENT;
    rules.set(key, rule);
  }
  return rule;
}

/** Runs a gradient over the shape of the loop, summed where `p` broadcast. */
function apply(
  { formula, uses }: Gradient,
  g: Tensor,
  c: RuleContext<MapOp | MapSumOp>,
  p: number,
): Tensor {
  const { op } = c;
  const loop = loopOf(op, c);
  const inputs = uses.slice(0, -1).map((i) => c.t(i));
  let spread = g;
  if (op.name === "mapSum" && !op.keepDim && g.ndim > 0) {
    spread = g.reshape(
      loop.map((extent, d) => op.dims.includes(d) ? 1 : extent),
    );
  }
  const covered = inputs.reduce<Shape>(
    (shape, input) => broadcastShapes(shape, input.shape, formula.label),
    spread.shape,
  );
  if (!sameShape(covered, loop)) spread = spread.expand(loop);
  inputs.push(spread);
  const scalars = op.name === "mapSum" && op.divisor !== 1
    ? [...op.scalars, op.divisor]
    : op.scalars;
  const { shape } = c.input(p);
  if (usesIndex([formula.expr]) || sameShape(shape, loop)) {
    return c.apply({ name: "map", formula, scalars }, inputs);
  }
  return c.apply({
    name: "mapSum",
    formula,
    scalars,
    dims: broadcastDims(loop, shape),
    keepDim: false,
    divisor: 1,
  }, inputs).reshape(shape);
}

/** The shape over which the op ran. */
function loopOf(
  { formula }: MapOp | MapSumOp,
  c: RuleContext<MapOp | MapSumOp>,
): Shape {
  let shape: Shape = c.input(0).shape;
  for (let i = 1; i < formula.inputs.length; i++) {
    shape = broadcastShapes(shape, c.input(i).shape, formula.label);
  }
  return shape;
}
