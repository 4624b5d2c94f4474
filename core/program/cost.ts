/**
 * What expressions cost, roughly, as fusion weighs it against passes over memory.
 *
 * @module
 */
import type { Expr } from "../expr/expr.ts";
import type { ScalarFunction } from "../expr/scalar.ts";

/** What a function costs that takes more than one instruction. */
interface Cost {
  /** Instructions of its own. */
  readonly own: number;
  /**
   * A part that other functions of the same operand have as well: it is computed
   * once for all of them.
   */
  readonly part?: { readonly name: string; readonly instructions: number };
}

const costly: Cost = { own: 12 };
/** The power of two, and the polynomials behind it, of a normal distribution. */
const normal: Cost = { own: 4, part: { name: "normal", instructions: 8 } };

const COSTS: { readonly [N in ScalarFunction]?: Cost } = {
  div: { own: 3 },
  exp: costly,
  expm1: costly,
  log: costly,
  log1p: costly,
  log2: costly,
  pow: costly,
  sin: costly,
  cos: costly,
  tan: costly,
  tanh: costly,
  sigmoid: costly,
  erf: costly,
  gelu: normal,
  geluSlope: normal,
  softplus: costly,
  atan2: costly,
  threefry: costly,
  remainder: costly,
};
const SIMPLE: Cost = { own: 1 };

/** Roughly how many instructions the expressions take. */
export function costOf(roots: readonly Expr[]): number {
  const seen = new Set<Expr>();
  const parts = new Map<string, Set<Expr>>();
  let cost = 0;
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    if (expr.kind === "cast") {
      cost += 1;
      visit(expr.value);
    } else if (expr.kind === "call") {
      const { own, part } = COSTS[expr.fn] ?? SIMPLE;
      cost += own;
      if (part !== undefined) {
        const [operand] = expr.args as [Expr];
        const known = parts.get(part.name) ?? new Set();
        if (!known.has(operand)) cost += part.instructions;
        parts.set(part.name, known.add(operand));
      }
      expr.args.forEach(visit);
    }
  };
  roots.forEach(visit);
  return cost;
}
