/**
 * How long code is: what drivers take their time over.
 *
 * @module
 */
import type { Expr } from "@tenfold/core/backend";
import { renderExpressions } from "../wgsl/expression.ts";
import { LIBRARY } from "../wgsl/library.ts";

const known = new Map<string, number>();

/** Statements of a text, and of the functions of ours that it calls. */
export function statementsIn(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(/;/g)) count++;
  for (const [name] of text.matchAll(/\btf_\w+(?=\()/g)) {
    count += statementsOf(name);
  }
  return count;
}

function statementsOf(name: string): number {
  let count = known.get(name);
  if (count === undefined) {
    const source = LIBRARY[name] ?? "";
    count = statementsIn(source.slice(source.indexOf("{")));
    known.set(name, count);
  }
  return count;
}

/** Statements of expressions, with every function of ours written out. */
export function statementsFor(roots: readonly Expr[]): number {
  const { statements } = renderExpressions(roots, {
    arg: (index) => `x${index}`,
    scalar: (index) => `s${index}`,
    position: (dim) => `p${dim}`,
    accumulator: "total",
  });
  return statementsIn(statements.join("\n"));
}
