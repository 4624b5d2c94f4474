/**
 * Gradients as formulas: expressions over the inputs that they read alone.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { arg, type Expr, topological } from "../expr/expr.ts";
import type { Formula } from "../op.ts";
import type { Shape } from "../shape.ts";

/** A gradient as a formula over those inputs that it reads. */
export interface GradientFormula {
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
): GradientFormula {
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
