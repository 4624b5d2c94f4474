/**
 * Expressions with other leaves.
 *
 * @module
 */
import type { Expr } from "@tenfold/core/backend";

/** Expressions whose leaves are what `leaf` makes of them, shared as before. */
export function rewritten(
  exprs: readonly Expr[],
  leaf: (expr: Expr) => Expr,
): Expr[] {
  const done = new Map<Expr, Expr>();
  const rewrite = (expr: Expr): Expr => {
    let made = done.get(expr);
    if (!made) done.set(expr, made = rebuilt(expr));
    return made;
  };
  const rebuilt = (expr: Expr): Expr => {
    switch (expr.kind) {
      case "cast":
        return { ...expr, value: rewrite(expr.value) };
      case "call":
        return { ...expr, args: expr.args.map(rewrite) };
      default:
        return leaf(expr);
    }
  };
  return exprs.map(rewrite);
}
