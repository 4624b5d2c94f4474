/**
 * Formulas for gradients, and operands at which they are smooth.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import {
  arg,
  call,
  castExpr,
  constant,
  type Expr,
  type Formula,
  scalar,
} from "@tenfold/core/backend";
import type { Operand } from "../session.ts";
import { near, wholes } from "../values.ts";
import { operand } from "./cases.ts";

/** Formulas of several kinds, for two float inputs and an integer. */
export function smoothFormulas(dtype: DType): Formula[] {
  const [x, y] = [arg(0, dtype), arg(1, dtype)];
  const [a, b] = [scalar(0, dtype), scalar(1, dtype)];
  const counted = castExpr(arg(2, "int32"), dtype);
  const exprs: Expr[] = [
    call("mul", call("exp", call("neg", call("mul", x, x))), y),
    call(
      "add",
      call("mul", call("tanh", x), a),
      call("sin", call("mul", y, b)),
    ),
    call(
      "select",
      call("gt", x, y),
      call("mul", x, counted),
      call("div", y, call("add", call("mul", x, x), constant(1, dtype))),
    ),
    call("log", call("add", call("softplus", x), call("sigmoid", y))),
    call("pow", call("add", call("abs", x), constant(1, dtype)), y),
    call(
      "atan2",
      call("max", x, constant(-9, dtype)),
      call("sqrt", call("add", call("mul", y, y), constant(1, dtype))),
    ),
  ];
  return exprs.map((expr, i) => ({
    label: `formula ${i}`,
    inputs: [dtype, dtype, "int32"],
    scalars: 2,
    expr,
  }));
}

/** The run-time scalars of the formulas. */
export const NUMBERS_BESIDE: readonly number[] = [0.5, 1.5];

/** x and y far enough from each other that a choice between them is firm. */
export function formulaInputs(
  dtype: DType,
  shapes: readonly Shape[],
): Operand[] {
  return [
    operand(shapes[0]!, dtype, "dense", near([-1.5, 0.5], 0.2)),
    operand(shapes[1]!, dtype, "transposed", near([-0.5, 1.5], 0.2)),
    operand(shapes[2]!, "int32", "dense", wholes(1, 3)),
  ];
}
