/**
 * Writes the nodes of expressions as JavaScript constants, each of them in the
 * outermost loop in which it can be known.
 *
 * @module
 */
import {
  castNumber,
  type Expr,
  operandsOf,
  topological,
} from "@tenfold/core/backend";
import { castText, literal, TEXT } from "./javascript.ts";
import { ROUND, roundedNodes } from "./rounding.ts";

/** What the text of the leaves is, and how deep inside the loops they vary. */
export interface Leaves {
  /** The element of an input. */
  arg(index: number): string;
  /** A position along a dim. */
  position(dim: number): string;
  /** The accumulator of a reduction. */
  accumulator?: string;
  /** The number of loops that must be open before an input can be read. */
  argDepth(index: number): number;
  /** The number of loops that must be open before a position is known. */
  positionDepth(dim: number): number;
}

/** The nodes of some expressions, on their way to text. */
export class Values {
  readonly #nodes: readonly Expr[];
  readonly #rounded: ReadonlySet<Expr>;
  readonly #leaves: Leaves;
  readonly #prefix: string;
  readonly #depths = new Map<Expr, number>();
  readonly #texts = new Map<Expr, string>();

  /** Names begin with `prefix`. */
  constructor(roots: readonly Expr[], leaves: Leaves, prefix: string) {
    this.#nodes = topological(roots);
    this.#rounded = roundedNodes(roots);
    this.#leaves = leaves;
    this.#prefix = prefix;
    for (const expr of this.#nodes) this.#depths.set(expr, this.#measure(expr));
  }

  #measure(expr: Expr): number {
    if (expr.kind === "arg") return this.#leaves.argDepth(expr.index);
    if (expr.kind === "index") return this.#leaves.positionDepth(expr.dim);
    return operandsOf(expr).reduce(
      (depth, operand) => Math.max(depth, this.#depths.get(operand)!),
      0,
    );
  }

  /**
   * The number of loops that must be open before the expression can be
   * computed.
   */
  depth(expr: Expr): number {
    return this.#depths.get(expr)!;
  }

  /** The name (or literal) that stands for an expression that is written. */
  text(expr: Expr): string {
    return this.#texts.get(expr)!;
  }

  /** Writes the nodes that become known where `depth` loops are open. */
  write(depth: number, line: (text: string) => void): void {
    for (const expr of this.#nodes) {
      if (this.#texts.has(expr) || this.depth(expr) > depth) continue;
      if (expr.kind === "const") {
        this.#texts.set(expr, literal(castNumber(expr.dtype, expr.value)));
        continue;
      }
      const name = `${this.#prefix}${this.#texts.size}`;
      const text = this.#write(expr);
      const round = this.#rounded.has(expr) ? ROUND[expr.dtype] : null;
      line(`const ${name} = ${round ? round(text) : text};`);
      this.#texts.set(expr, name);
    }
  }

  #write(expr: Exclude<Expr, { kind: "const" }>): string {
    switch (expr.kind) {
      case "arg":
        return this.#leaves.arg(expr.index);
      case "scalar":
        return `number("${expr.dtype}", scalars[${expr.index}])`;
      case "index":
        return this.#leaves.position(expr.dim);
      case "accumulator":
        return this.#leaves.accumulator!;
      case "cast":
        return castText(expr.value.dtype, expr.dtype, this.text(expr.value));
      case "call": {
        const last = expr.args[expr.args.length - 1]!;
        return TEXT[expr.fn](
          last.dtype,
          ...expr.args.map((operand) => this.text(operand)),
        );
      }
    }
  }
}
