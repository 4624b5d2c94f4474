/**
 * Writes update rules down as expressions.
 *
 * @module
 */
import { call, type Expr } from "@tenfold/core/backend";

/** `a + b`. */
export const add = (a: Expr, b: Expr): Expr => call("add", a, b);
/** `a - b`. */
export const sub = (a: Expr, b: Expr): Expr => call("sub", a, b);
/** `a * b`. */
export const mul = (a: Expr, b: Expr): Expr => call("mul", a, b);
/** `a / b`. */
export const div = (a: Expr, b: Expr): Expr => call("div", a, b);
/** `-a`. */
export const neg = (a: Expr): Expr => call("neg", a);
/** `√a`. */
export const sqrt = (a: Expr): Expr => call("sqrt", a);
/** The larger of two. */
export const max = (a: Expr, b: Expr): Expr => call("max", a, b);
