/**
 * float16 is a dtype of storage: expressions over it are computed in float32,
 * as PyTorch does on processors. Programs are brought to that form where they
 * are made, so that backends meet float16 in inputs, outputs and casts alone.
 *
 * @module
 */
import { computeDType } from "../dtype.ts";
import { call, castExpr, type Expr, topological } from "../expr/expr.ts";

/** What is read, or rounded to what is stored, as the float32 that it is. */
const read = (expr: Expr): Expr => castExpr(expr, computeDType(expr.dtype));

/**
 * The same expressions with everything computed in float32 that was float16;
 * the expressions themselves where none was.
 *
 * @param roots The expressions.
 * @param stored Whether the roots are rounded to float16 where they were of it,
 * as what is written to memory is.
 */
export function inSingle(
  roots: readonly Expr[],
  stored: boolean,
): readonly Expr[] {
  const nodes = topological(roots);
  if (nodes.every(({ dtype }) => dtype !== "float16")) return roots;
  const single = new Map<Expr, Expr>();
  for (const node of nodes) single.set(node, convert(node, single));
  return roots.map((root) => {
    // A copy stays one: nothing is rounded, and no bit of a NaN is lost.
    if (stored && root.kind === "arg") return root;
    if (!stored) return single.get(root)!;
    // What is rounded to float16 is rounded once, of float64 as well.
    const value = root.kind === "cast" ? root.value : root;
    return keepStored(root, castExpr(single.get(value)!, root.dtype));
  });
}

function convert(node: Expr, single: ReadonlyMap<Expr, Expr>): Expr {
  switch (node.kind) {
    case "arg":
      return read(node);
    case "scalar":
    case "const":
    case "accumulator":
      return { ...node, dtype: computeDType(node.dtype) } as Expr;
    case "index":
      return node;
    case "cast": {
      const value = single.get(node.value)!;
      if (node.dtype === "float16" && !node.stored) {
        // On the way it keeps its digits.
        return castExpr(value, "float32");
      }
      if (value === node.value) return read(node);
      return read(keepStored(node, castExpr(value, node.dtype)));
    }
    case "call": {
      const args = node.args.map((operand) => single.get(operand)!);
      if (args.every((operand, i) => operand === node.args[i])) return node;
      return keepStored(node, call(node.fn, ...args));
    }
  }
}

/** What was in memory before kernels were fused says so still. */
function keepStored(
  node: Expr & { readonly stored?: boolean },
  expr: Expr,
): Expr {
  return node.stored && (expr.kind === "cast" || expr.kind === "call")
    ? { ...expr, stored: true }
    : expr;
}
