/**
 * The gradients of formulas: formulas again, derived once for each input and
 * kept, so that they differentiate again.
 *
 * @module
 */
import { isFloating } from "../dtype.ts";
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
import type { Rule, RuleContext } from "./vjp.ts";

/** A gradient as a formula over some of the inputs and, last, `g`. */
interface Gradient {
  readonly formula: Formula;
  /** The inputs that it needs, in order. */
  readonly uses: readonly number[];
  /** True where it depends on positions, so that it cannot be summed. */
  readonly positional: boolean;
}

/** The expression with something else in place of its inputs. */
function withInputs(expr: Expr, replace: (index: number) => Expr): Expr {
  const known = new Map<Expr, Expr>();
  const visit = (node: Expr): Expr => {
    let result = known.get(node);
    if (result === undefined) known.set(node, result = copy(node));
    return result;
  };
  const copy = (node: Expr): Expr => {
    switch (node.kind) {
      case "arg":
        return replace(node.index);
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

/** The inputs that an expression reads, in order. */
function inputsOf(expr: Expr): number[] {
  const found = new Set<number>();
  for (const node of topological([expr])) {
    if (node.kind === "arg") found.add(node.index);
  }
  return [...found].sort((a, b) => a - b);
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
  const sources = [...inputs.map((dtype, i) => arg(i, dtype)), scaled];
  return withInputs(own, (i) => sources[i]!);
}

function gradientOf(
  formula: Formula,
  p: number,
  divides: boolean,
): Gradient | null {
  const dtype = formula.inputs[p]!;
  if (!isFloating(dtype) || !isFloating(formula.expr.dtype)) return null;
  const found = gradientExpr(formula, p, divides);
  if (!found) return null;
  const last = formula.inputs.length;
  const uses = inputsOf(found).filter((i) => i !== last);
  const dtypes = [...formula.inputs, formula.expr.dtype];
  const places = [...uses, last];
  const expr = castExpr(
    withInputs(found, (i) => arg(places.indexOf(i), dtypes[i]!)),
    dtype,
  );
  return {
    formula: {
      label: `the gradient of ${formula.label}`,
      inputs: places.map((i) => dtypes[i]!),
      scalars: formula.scalars + (divides ? 1 : 0),
      expr,
    },
    uses,
    positional: usesIndex([expr]),
  };
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
      ? { saves: gradient.uses, grad: (g, c) => apply(gradient, g, c, p) }
      : NO_GRADIENT;
    rules.set(key, rule);
  }
  return rule;
}

/** Runs a gradient over the shape of the loop, summed where `p` broadcast. */
function apply(
  { formula, uses, positional }: Gradient,
  g: Tensor,
  c: RuleContext<MapOp | MapSumOp>,
  p: number,
): Tensor {
  const { op } = c;
  const loop = loopOf(op, c);
  const inputs = uses.map((i) => c.t(i));
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
  if (positional || sameShape(shape, loop)) {
    return c.apply({ name: "map", formula, scalars }, inputs);
  }
  const lead = loop.length - shape.length;
  const dims = loop.map((_, d) => d).filter((d) =>
    d < lead || (shape[d - lead] === 1 && loop[d] !== 1)
  );
  return c.apply({
    name: "mapSum",
    formula,
    scalars,
    dims,
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
