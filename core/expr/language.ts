/**
 * Expressions written as calls of functions: `expr.mul(expr.sub(a, b), 2)`.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { call, constant, type Expr } from "./expr.ts";
import { SCALAR_FUNCTIONS, type ScalarFunction } from "./scalar.ts";

/**
 * An operand of an expression: an expression, or a number of its dtype.
 *
 * @example An expression or a number
 * ```ts
 * import { expr } from "@tenfold/tenfold";
 * import { arg, type Operand } from "@tenfold/core/backend";
 *
 * const scale = (x: Operand) => expr.mul(arg(0, "float32"), x);
 * ```
 */
export type Operand = Expr | number;

/** The dtype that numbers have among operands. */
function dtypeAmong(fn: ScalarFunction, operands: readonly Operand[]): DType {
  // The condition of a choice says nothing of what is chosen.
  for (let i = fn === "select" ? 1 : 0; i < operands.length; i++) {
    const operand = operands[i]!;
    if (typeof operand === "object" && operand !== null) return operand.dtype;
  }
  throw new TypeError(
    `Cannot call ${fn} with numbers alone as they have no dtype: got ${
      operands.map(String).join(" and ")
    }, write one of them as constant(value, dtype)`,
  );
}

function functionOf(fn: ScalarFunction): (...operands: Operand[]) => Expr {
  return (...operands) =>
    call(
      fn,
      ...operands.map((operand, i) => {
        if (typeof operand !== "number") return operand;
        const condition = fn === "select" && i === 0;
        return constant(
          operand,
          condition ? "bool" : dtypeAmong(fn, operands),
        );
      }),
    );
}

/**
 * Every scalar function as a function of expressions. Numbers among the
 * operands have the dtype of the others.
 *
 * @example The logistic loss
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { expr, fused, tensor } from "@tenfold/tenfold";
 *
 * const { mul, softplus, sub } = expr;
 * const loss = fused("logistic loss", ([x, target]) =>
 *   sub(softplus(x), mul(x, target)));
 * assertEquals(loss.map([tensor([100]), tensor([1])]).toArraySync(), [0]);
 * ```
 */
export const expr: {
  readonly [F in ScalarFunction]: (...operands: Operand[]) => Expr;
} = Object.fromEntries(
  Object.keys(SCALAR_FUNCTIONS).map((fn) => [
    fn,
    functionOf(fn as ScalarFunction),
  ]),
) as never;
