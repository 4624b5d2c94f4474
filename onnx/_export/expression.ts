/**
 * Scalar expressions as nodes.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { Expr, ScalarFunction } from "@tenfold/core/backend";
import { isFloating } from "@tenfold/core";
import { broadcast } from "../_value.ts";
import type { GraphBuilder, Named } from "./builder.ts";

/** Operators that are one scalar function. */
const DIRECT: { readonly [F in ScalarFunction]?: string } = {
  add: "Add",
  sub: "Sub",
  mul: "Mul",
  div: "Div",
  pow: "Pow",
  max: "Max",
  min: "Min",
  neg: "Neg",
  abs: "Abs",
  sign: "Sign",
  floor: "Floor",
  ceil: "Ceil",
  round: "Round",
  exp: "Exp",
  log: "Log",
  sqrt: "Sqrt",
  reciprocal: "Reciprocal",
  sin: "Sin",
  cos: "Cos",
  tan: "Tan",
  tanh: "Tanh",
  sigmoid: "Sigmoid",
  erf: "Erf",
  softplus: "Softplus",
  eq: "Equal",
  lt: "Less",
  le: "LessOrEqual",
  gt: "Greater",
  ge: "GreaterOrEqual",
  and: "And",
  or: "Or",
  xor: "Xor",
  not: "Not",
  isNan: "IsNaN",
  select: "Where",
};

const BOOLEAN = new Set<ScalarFunction>([
  "eq",
  "lt",
  "le",
  "gt",
  "ge",
  "and",
  "or",
  "xor",
  "not",
  "isNan",
]);

/** What an expression cannot be written with; the message names it. */
export class NoCounterpart extends Error {}

/** Writes expressions over some inputs. */
export class ExpressionWriter {
  readonly #graph: GraphBuilder;
  readonly #args: readonly Named[];
  readonly #scalars: readonly number[];
  readonly #shape: readonly number[];
  readonly #made = new Map<Expr, Named>();

  constructor(
    graph: GraphBuilder,
    args: readonly Named[],
    scalars: readonly number[],
    shape: readonly number[],
  ) {
    this.#graph = graph;
    this.#args = args;
    this.#scalars = scalars;
    this.#shape = shape;
  }

  /** The value of an expression. */
  write(expr: Expr): Named {
    const found = this.#made.get(expr);
    if (found !== undefined) return found;
    const made = this.#write(expr);
    this.#made.set(expr, made);
    return made;
  }

  #write(expr: Expr): Named {
    const graph = this.#graph;
    switch (expr.kind) {
      case "arg":
        return this.#args[expr.index]!;
      case "scalar":
        return graph.number(this.#scalars[expr.index]!, expr.dtype);
      case "const":
        return graph.number(expr.value, expr.dtype);
      case "index":
        return this.#positions(expr.dim);
      case "cast":
        return graph.cast(this.write(expr.value), expr.dtype);
      case "call":
        return this.call(
          expr.fn,
          expr.args.map((operand) => this.write(operand)),
          expr.dtype,
        );
      default:
        throw new NoCounterpart(`expression ${expr.kind}`);
    }
  }

  /** The positions along a dim, which broadcast over the others. */
  #positions(dim: number): Named {
    const extent = this.#shape[dim]!;
    const shape = this.#shape.map((_, d) => d === dim ? extent : 1);
    const name = this.#graph.unique("const/positions");
    return this.#graph.initializer(
      { name, shape, dtype: "int32" },
      Int32Array.from({ length: extent }, (_, i) => i),
    );
  }

  /** A scalar function of values that share a dtype. */
  call(fn: ScalarFunction, args: readonly Named[], dtype: DType): Named {
    const graph = this.#graph;
    const shape = args.reduce<readonly number[]>(
      (all, value) => broadcast(all, value.shape),
      [],
    );
    const op = DIRECT[fn];
    if (op !== undefined) {
      return graph.node(op, args, shape, BOOLEAN.has(fn) ? "bool" : dtype);
    }
    const [x, y] = args as [Named, Named];
    const node = (op: string, ...inputs: Named[]) =>
      graph.node(
        op,
        inputs,
        shape,
        ["Equal", "IsNaN", "IsInf", "Or", "Not"].includes(op) ? "bool" : dtype,
      );
    const number = (value: number) => graph.number(value, x.dtype);
    switch (fn) {
      case "ne":
        return node("Not", node("Equal", x, y));
      case "isFinite":
        return node("Not", node("Or", node("IsNaN", x), node("IsInf", x)));
      case "remainder":
        return isFloating(dtype)
          ? node("Sub", x, node("Mul", node("Floor", node("Div", x, y)), y))
          : node("Mod", x, y);
      case "trunc":
        return node("Mul", node("Sign", x), node("Floor", node("Abs", x)));
      case "expm1":
        return node("Sub", node("Exp", x), number(1));
      case "log1p":
        return node("Log", node("Add", x, number(1)));
      case "log2":
        return node("Mul", node("Log", x), number(Math.LOG2E));
      case "rsqrt":
        return node("Reciprocal", node("Sqrt", x));
      case "gelu": {
        const erf = node("Erf", node("Mul", x, number(Math.SQRT1_2)));
        return node(
          "Mul",
          node("Mul", x, number(0.5)),
          node("Add", erf, number(1)),
        );
      }
      default:
        throw new NoCounterpart(`scalar function ${fn}`);
    }
  }
}
