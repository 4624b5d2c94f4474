/**
 * Rewriting of expressions: one put in the place of an argument of another,
 * equal nodes made one.
 *
 * @module
 */
import { DTYPES } from "../dtype.ts";
import { type Expr, topological } from "../expr/expr.ts";
import type { RecordedLaunch } from "./launch.ts";

/** What takes the place of leaves. */
export interface Substitution {
  /** For the element of input `index`. */
  readonly arg: (index: number) => Expr;
  /** For run-time scalar `index`: its new number. */
  readonly scalar: (index: number) => number;
  /** For what a reduction accumulated; left out: itself. */
  readonly accumulator?: Expr;
}

/** Makes equal nodes the same object, so that they are computed once. */
export class Interner {
  readonly #known = new Map<string, Expr>();
  readonly #ids = new Map<Expr, number>();

  /** The one node that is equal to this one; its operands are interned. */
  intern(expr: Expr): Expr {
    const key = this.#key(expr);
    const known = this.#known.get(key);
    if (known) return known;
    this.#known.set(key, expr);
    this.#ids.set(expr, this.#ids.size);
    return expr;
  }

  #key(expr: Expr): string {
    switch (expr.kind) {
      case "arg":
      case "scalar":
        return `${expr.kind} ${expr.index} ${expr.dtype}`;
      case "const":
        return `const ${showNumber(expr.value)} ${expr.dtype}`;
      case "index":
        return `index ${expr.dim}`;
      case "accumulator":
        return `accumulator ${expr.dtype} ${expr.stored}`;
      case "cast":
        return `cast ${expr.dtype} ${this.#ids.get(expr.value)} ${expr.stored}`;
      case "call":
        return `${expr.fn} ${
          expr.args.map((a) => this.#ids.get(a)).join(" ")
        } ${expr.stored}`;
    }
  }
}

/** Bytes of a float that no backend computes in more digits. */
const WIDEST = DTYPES.float64.bytes;

/** The node as it is once it was in memory. */
export function storedExpr(interner: Interner, expr: Expr): Expr {
  const computed = expr.kind === "call" || expr.kind === "cast" ||
    expr.kind === "accumulator";
  const { floating, bytes } = DTYPES[expr.dtype];
  return computed && floating && bytes < WIDEST
    ? interner.intern({ ...expr, stored: true })
    : expr;
}

/** A function that rewrites expressions, sharing what they share. */
export function rewriter(
  interner: Interner,
  substitution: Substitution,
): (expr: Expr) => Expr {
  const done = new Map<Expr, Expr>();
  const rewrite = (expr: Expr): Expr => {
    const known = done.get(expr);
    if (known) return known;
    const made = rebuilt(expr);
    done.set(expr, made);
    return made;
  };
  const rebuilt = (expr: Expr): Expr => {
    switch (expr.kind) {
      case "arg":
        return substitution.arg(expr.index);
      case "scalar":
        return interner.intern({
          ...expr,
          index: substitution.scalar(expr.index),
        });
      case "accumulator":
        return substitution.accumulator ?? interner.intern(expr);
      case "cast": {
        const value = rewrite(expr.value);
        return value.dtype === expr.dtype
          ? value
          : interner.intern({ ...expr, value });
      }
      case "call":
        return interner.intern({ ...expr, args: expr.args.map(rewrite) });
      default:
        return interner.intern(expr);
    }
  };
  return rewrite;
}

/** The most nodes of a fused kernel: backends compile it while a call waits. */
const MOST_NODES = 256;

/** How many nodes the expressions of a launch have, each counted once. */
export function nodesOf(launch: RecordedLaunch): number {
  switch (launch.kind) {
    case "map":
      return topological(launch.program.exprs).length;
    case "reduce": {
      const { element, epilogue } = launch.program;
      return topological([element, epilogue]).length;
    }
    case "routine":
      return topological(launch.epilogue?.exprs ?? []).length;
  }
}

/** Whether a fused launch is no larger than backends should compile. */
export function isBounded(launch: RecordedLaunch): boolean {
  return nodesOf(launch) <= MOST_NODES;
}

/** Puts one node in the place of another. */
export function replacing(node: Expr, by: Expr): (expr: Expr) => Expr {
  const known = new Map<Expr, Expr>([[node, by]]);
  const replace = (expr: Expr): Expr => {
    let made = known.get(expr);
    if (made === undefined) {
      made = expr.kind === "call"
        ? { ...expr, args: expr.args.map(replace) }
        : expr.kind === "cast"
        ? { ...expr, value: replace(expr.value) }
        : expr;
      known.set(expr, made);
    }
    return made;
  };
  return replace;
}

/** -0 is another number than 0. */
export function showNumber(x: number): string {
  return Object.is(x, -0) ? "-0" : String(x);
}
