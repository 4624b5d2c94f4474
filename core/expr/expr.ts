/**
 * Scalar expressions: what one element of an output is, in terms of the
 * elements of the inputs. Plain data. A backend renders them to its own
 * language from the table of scalar functions.
 *
 * Expressions are typed: every node has a dtype, the operands of a call share
 * one, and only a cast changes it. Nothing is promoted in here; whoever writes
 * an expression over tensors brings them to a common dtype first, as `fused`
 * does. A node that would mix dtypes is refused where it is made.
 *
 * Expressions are graphs: a node that is used twice is the same object twice,
 * so renderers compute it once.
 *
 * @module
 */
import { checkDType, type DType } from "../dtype.ts";
import { checkExpr, checkPosition, typeOfCall } from "./types.ts";
import { checkNumber } from "../options.ts";
import type { ScalarFunction } from "./scalar.ts";

/**
 * One node of a scalar expression. Backends that compute in more digits than
 * the dtype has may keep them, except in nodes that are `stored`: those were
 * in memory before kernels were fused, and have just the digits of their
 * dtype.
 *
 * @example The sum of two elements
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { expr } from "@tenfold/tenfold";
 * import { arg, type Expr } from "@tenfold/core/backend";
 *
 * const sum: Expr = expr.add(arg(0, "float32"), arg(1, "float32"));
 * assertEquals(sum.kind, "call");
 * ```
 */
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
  | {
    readonly kind: "accumulator";
    readonly dtype: DType;
    readonly stored?: boolean;
  }
  /** A change of dtype. Float to int truncates, anything to bool is `!= 0`. */
  | {
    readonly kind: "cast";
    readonly value: Expr;
    readonly dtype: DType;
    readonly stored?: boolean;
  }
  /** A scalar function of other expressions. */
  | {
    readonly kind: "call";
    readonly fn: ScalarFunction;
    readonly args: readonly Expr[];
    readonly dtype: DType;
    readonly stored?: boolean;
  };

/**
 * The element of input `index`.
 *
 * @throws {TypeError} If the index is not a number, or the dtype is unknown.
 * @throws {RangeError} If the index is not a non-negative integer.
 *
 * @example The square of the first input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arg, call } from "@tenfold/core/backend";
 *
 * const x = arg(0, "float32");
 * const square = call("mul", x, x);
 * assertEquals(square.dtype, "float32");
 * ```
 */
export function arg(index: number, dtype: DType): Expr {
  const what = "an input of an expression";
  checkPosition(index, what);
  return { kind: "arg", index, dtype: checkDType(dtype, `write ${what}`) };
}

/**
 * Run-time scalar number `index`.
 *
 * @throws {TypeError} If the index is not a number, or the dtype is unknown.
 * @throws {RangeError} If the index is not a non-negative integer.
 *
 * @example An input times a number that is passed
 * ```ts
 * import { arg, call, scalar } from "@tenfold/core/backend";
 *
 * const scaled = call("mul", arg(0, "float32"), scalar(0, "float32"));
 * ```
 */
export function scalar(index: number, dtype: DType): Expr {
  const what = "a run-time scalar of an expression";
  checkPosition(index, what);
  return { kind: "scalar", index, dtype: checkDType(dtype, `write ${what}`) };
}

/**
 * A constant.
 *
 * @throws {TypeError} If the value is not a number, or the dtype is unknown.
 *
 * @example An input plus 1
 * ```ts
 * import { arg, call, constant } from "@tenfold/core/backend";
 *
 * const next = call("add", arg(0, "float32"), constant(1, "float32"));
 * ```
 */
export function constant(value: number, dtype: DType): Expr {
  checkNumber(value, "it", "write a constant of an expression");
  checkDType(dtype, "write a constant of an expression");
  return { kind: "const", value, dtype };
}

/**
 * The loop's position along `dim`, an int32.
 *
 * @throws {TypeError} If the dim is not a number.
 * @throws {RangeError} If the dim is not a non-negative integer.
 *
 * @example True on the diagonal
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { call, indexAlong } from "@tenfold/core/backend";
 *
 * const diagonal = call("eq", indexAlong(0), indexAlong(1));
 * assertEquals(diagonal.dtype, "bool");
 * ```
 */
export function indexAlong(dim: number): Expr {
  checkPosition(dim, "the position along a dim");
  return { kind: "index", dim, dtype: "int32" };
}

/**
 * What a reduction accumulated, for its epilogue.
 *
 * @throws {DTypeError} If the dtype is unknown.
 *
 * @example The root of a sum
 * ```ts
 * import { accumulator, call } from "@tenfold/core/backend";
 *
 * const root = call("sqrt", accumulator("float32"));
 * ```
 */
export function accumulator(dtype: DType): Expr {
  checkDType(dtype, "write the accumulator of an expression");
  return { kind: "accumulator", dtype };
}

/**
 * `value` as another dtype; the same expression where nothing changes.
 *
 * @throws {TypeError} If `value` is not an expression, or the dtype is unknown.
 *
 * @example A bool as a number
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arg, castExpr } from "@tenfold/core/backend";
 *
 * const mask = castExpr(arg(0, "bool"), "float32");
 * assertEquals(mask.dtype, "float32");
 * ```
 */
export function castExpr(value: Expr, dtype: DType): Expr {
  checkDType(dtype, "cast an expression");
  checkExpr(value, "cast");
  return value.dtype === dtype ? value : { kind: "cast", value, dtype };
}

/**
 * A call of a scalar function. The operands share one dtype (except the bool
 * condition of `select`), which is also the dtype of the result, except that
 * comparisons, logic and tests give bool.
 *
 * @throws {DTypeError} If the operands differ in dtype, or have one that the
 * function does not take.
 * @throws {TypeError} If there is no such function, or it takes another number
 * of operands.
 *
 * @example The larger of two elements
 * ```ts
 * import { arg, call } from "@tenfold/core/backend";
 *
 * const larger = call("max", arg(0, "float32"), arg(1, "float32"));
 * ```
 */
export function call(fn: ScalarFunction, ...args: Expr[]): Expr {
  return { kind: "call", fn, args, dtype: typeOfCall(fn, args) };
}

/**
 * The operands of a node, in order.
 *
 * @example Both operands of a sum
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arg, call, operandsOf } from "@tenfold/core/backend";
 *
 * const sum = call("add", arg(0, "float32"), arg(1, "float32"));
 * assertEquals(operandsOf(sum).length, 2);
 * ```
 */
export function operandsOf(expr: Expr): readonly Expr[] {
  if (expr.kind === "call") return expr.args;
  return expr.kind === "cast" ? [expr.value] : [];
}

/**
 * Every node below and including the roots, operands before their users.
 *
 * @example A node that is used twice comes once
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arg, call, topological } from "@tenfold/core/backend";
 *
 * const x = arg(0, "float32");
 * assertEquals(topological([call("mul", x, x)]).length, 2);
 * ```
 */
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

/**
 * How many dims a loop must have for the positions that are used anywhere
 * below the roots; 0 where none is.
 *
 * @example Up to the second dim
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { indexAlong, positionsOf } from "@tenfold/core/backend";
 *
 * assertEquals(positionsOf([indexAlong(1)]), 2);
 * ```
 */
export function positionsOf(roots: readonly Expr[]): number {
  return topological(roots).reduce(
    (dims, expr) => expr.kind === "index" ? Math.max(dims, expr.dim + 1) : dims,
    0,
  );
}

/**
 * True when a position along a dim is used anywhere below the roots.
 *
 * @example A diagonal, and an element
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arg, indexAlong, usesIndex } from "@tenfold/core/backend";
 *
 * assertEquals(usesIndex([indexAlong(0)]), true);
 * assertEquals(usesIndex([arg(0, "float32")]), false);
 * ```
 */
export function usesIndex(roots: readonly Expr[]): boolean {
  return positionsOf(roots) > 0;
}
