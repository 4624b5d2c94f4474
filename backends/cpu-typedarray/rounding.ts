/**
 * Where expressions are rounded before they are stored, and how.
 *
 * Numbers in JavaScript are float64. A float result of fewer digits is rounded when it is
 * stored, and what leads to it may keep the digits it has, except
 *
 * - before a cast, a comparison, or any other function that jumps: its answer
 *   has to be that of the rounded number
 * - after a cast from a wider dtype or int32, where something else is computed of it
 * - in what was in memory before kernels were fused
 * - in what is made of random bits by exactly rounded functions alone: there
 *   every device gives the same bits
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  type Expr,
  operandsOf,
  type ScalarFunction,
  topological,
} from "@tenfold/core/backend";

/**
 * Source that rounds a number to the digits of each dtype; null where what is
 * computed has them. This is the column of the backend in the table of dtypes.
 */
export const ROUND: {
  readonly [D in DType]: ((number: string) => string) | null;
} = {
  bool: null,
  int32: null,
  float16: (number) => `number("float16", ${number})`,
  float32: (number) => `Math.fround(${number})`,
  float64: null,
};

/** Functions whose value jumps, or that tell numbers apart. */
const JUMPS: ReadonlySet<ScalarFunction> = new Set<ScalarFunction>([
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "isNan",
  "isFinite",
  "floor",
  "ceil",
  "round",
  "trunc",
  "sign",
  "remainder",
]);

/** Functions that IEEE 754 or integer arithmetic define to the last bit. */
const EXACT: ReadonlySet<ScalarFunction> = new Set<ScalarFunction>([
  "add",
  "sub",
  "mul",
  "div",
  "neg",
  "abs",
  "max",
  "min",
  "sqrt",
  "select",
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
  "remainder",
  "shiftRight",
  "bitAnd",
  "threefry",
]);

/** True for a cast that may lose digits. */
function narrows(expr: Expr): boolean {
  return expr.kind === "cast" && expr.value.dtype !== "bool";
}

/** The nodes below the roots whose values have to be rounded. */
export function roundedNodes(roots: readonly Expr[]): ReadonlySet<Expr> {
  const rounded = new Set<Expr>();
  const exact = new Set<Expr>();
  const random = new Set<Expr>();
  for (const expr of topological(roots)) {
    const operands = operandsOf(expr);
    const jumps = expr.kind === "cast" ||
      (expr.kind === "call" && JUMPS.has(expr.fn));
    for (const operand of operands) {
      if (jumps || narrows(operand)) rounded.add(operand);
    }
    if (
      (expr.kind !== "call" || EXACT.has(expr.fn)) &&
      operands.every((operand) => exact.has(operand))
    ) exact.add(expr);
    if (
      (expr.kind === "call" && expr.fn === "threefry") ||
      operands.some((operand) => random.has(operand))
    ) random.add(expr);
    if (random.has(expr) && exact.has(expr)) rounded.add(expr);
    if ("stored" in expr && expr.stored) rounded.add(expr);
  }
  for (const expr of rounded) {
    const computed = expr.kind === "call" || expr.kind === "cast" ||
      expr.kind === "accumulator";
    if (!computed || ROUND[expr.dtype] === null) rounded.delete(expr);
  }
  return rounded;
}
