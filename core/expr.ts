/**
 * Scalar expressions: what one element of an output is, in terms of the
 * elements of the inputs. Plain data. A backend renders them to its own
 * language from the table of scalar functions.
 *
 * Expressions are graphs: a node that is used twice is the same object twice,
 * so renderers compute it once.
 *
 * @module
 */
import type { DType } from "./dtype.ts";
import type { ScalarFunction } from "./scalar.ts";

/** One node of a scalar expression. */
export type Expr =
  /** The element of input `index` at the loop's position. */
  | {
    readonly kind: "arg";
    readonly index: number;
    readonly dtype: DType;
  }
  /** A number that is passed each time the kernel runs. */
  | {
    readonly kind: "scalar";
    readonly index: number;
    readonly dtype: DType;
  }
  /** A number that is part of the kernel. */
  | {
    readonly kind: "const";
    readonly value: number;
    readonly dtype: DType;
  }
  /** The loop's position along a dim. */
  | {
    readonly kind: "index";
    readonly dim: number;
    readonly dtype: "int32";
  }
  /** In the epilogue of a reduction: what was accumulated. */
  | { readonly kind: "accumulator"; readonly dtype: DType }
  /** A change of dtype. Float to int truncates, anything to bool is `!= 0`. */
  | {
    readonly kind: "cast";
    readonly value: Expr;
    readonly dtype: DType;
  }
  /** A scalar function of other expressions. */
  | {
    readonly kind: "call";
    readonly fn: ScalarFunction;
    readonly args: readonly Expr[];
    readonly dtype: DType;
  };

/** The element of input `index`. */
export function arg(index: number, dtype: DType): Expr {
  return { kind: "arg", index, dtype };
}

/** Run-time scalar number `index`. */
export function scalar(index: number, dtype: DType): Expr {
  return { kind: "scalar", index, dtype };
}

/** A constant. */
export function constant(value: number, dtype: DType): Expr {
  return { kind: "const", value, dtype };
}

/** The loop's position along `dim`, an int32. */
export function indexAlong(dim: number): Expr {
  return { kind: "index", dim, dtype: "int32" };
}

/** What a reduction accumulated, for its epilogue. */
export function accumulator(dtype: DType): Expr {
  return { kind: "accumulator", dtype };
}

/** `value` as another dtype; the same expression where nothing changes. */
export function castExpr(value: Expr, dtype: DType): Expr {
  return value.dtype === dtype ? value : { kind: "cast", value, dtype };
}

const BOOLEAN: ReadonlySet<ScalarFunction> = new Set<ScalarFunction>([
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "and",
  "or",
  "xor",
  "not",
  "isNan",
  "isFinite",
]);

/**
 * A call of a scalar function. The operands share one dtype (except the bool
 * condition of `select`), which is also the dtype of the result, except that
 * comparisons, logic and tests give bool.
 */
export function call(fn: ScalarFunction, ...args: Expr[]): Expr {
  const dtype = BOOLEAN.has(fn) ? "bool" : args[args.length - 1]!.dtype;
  return { kind: "call", fn, args, dtype };
}

/** The operands of a node, in order. */
export function operandsOf(expr: Expr): readonly Expr[] {
  if (expr.kind === "call") return expr.args;
  return expr.kind === "cast" ? [expr.value] : [];
}

/** Every node below and including the roots, operands before their users. */
export function topological(roots: readonly Expr[]): Expr[] {
  const seen = new Set<Expr>();
  const order: Expr[] = [];
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    for (const operand of operandsOf(expr)) visit(operand);
    order.push(expr);
  };
  for (const root of roots) visit(root);
  return order;
}

/** True when a position along a dim is used anywhere below the roots. */
export function usesIndex(roots: readonly Expr[]): boolean {
  return topological(roots).some((expr) => expr.kind === "index");
}
