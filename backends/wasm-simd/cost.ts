/**
 * Estimates of what expressions cost.
 *
 * @module
 */

import { type Expr, topological } from "@tenfold/core/backend";
import { isSimple } from "./functions/float.ts";
import { FORMS } from "./values.ts";

/** An estimate of the instructions for four elements. */
export function instructionsOf(roots: readonly Expr[]): number {
  return topological(roots).reduce((sum, node) => {
    if (node.kind !== "call") return sum + 1;
    if (node.fn === "threefry") return sum + 110;
    if (FORMS[node.args.at(-1)!.dtype].lanes === "f64") return sum + 4;
    return sum + (isSimple(node.fn) ? 1 : 25);
  }, 0);
}

/** An estimate of the nanoseconds for one element: memory and instructions. */
export function costOf(roots: readonly Expr[]): number {
  return 0.3 + 0.02 * instructionsOf(roots);
}
