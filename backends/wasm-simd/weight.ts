/**
 * Roughly how long expressions take.
 *
 * @module
 */

import { type Expr, topological } from "@tenfold/core";
import { isSimple } from "./functions/float.ts";

/** Roughly how many instructions four elements take. */
export function weightOf(roots: readonly Expr[]): number {
  return topological(roots).reduce((sum, node) => {
    if (node.kind !== "call") return sum + 1;
    if (node.fn === "threefry") return sum + 110;
    if (node.args.at(-1)!.dtype === "float64") return sum + 4;
    return sum + (isSimple(node.fn) ? 1 : 25);
  }, 0);
}

/** Nanoseconds for one element: what its memory takes, and instructions. */
export function priceOf(roots: readonly Expr[]): number {
  return 0.3 + 0.02 * weightOf(roots);
}
