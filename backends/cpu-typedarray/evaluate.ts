/**
 * Evaluates expressions without generated code: one step after the other, as
 * the table of scalar functions defines them.
 *
 * @module
 */
import {
  castNumber,
  type Expr,
  SCALAR_FUNCTIONS,
  type ScalarFacts,
  topological,
} from "@tenfold/core/backend";
import { ROUND, roundedNodes } from "./rounding.ts";

/** The sources of the leaves of an expression. */
export interface Position {
  /** The element of an input at the loop's position. */
  readonly arg: (index: number) => number;
  /** The run-time scalars. */
  readonly scalars: readonly number[];
  /** The loop's position. */
  readonly position: readonly number[];
  /** The accumulator of a reduction. */
  readonly accumulator: number;
}

type Step = (at: Position, values: Float64Array) => number;

/**
 * Computes the values of the roots at a position, in an array that it reuses.
 */
export function evaluator(
  roots: readonly Expr[],
): (at: Position) => readonly number[] {
  const nodes = topological(roots);
  const rounded = roundedNodes(roots);
  const place = new Map(nodes.map((expr, i) => [expr, i]));
  const steps = nodes.map((expr) => {
    const step = stepOf(expr, (operand) => place.get(operand)!);
    return rounded.has(expr)
      ? (at: Position, values: Float64Array) =>
        castNumber(expr.dtype, step(at, values))
      : step;
  });
  const values = new Float64Array(nodes.length);
  const places = roots.map((root) => place.get(root)!);
  const results: number[] = new Array(roots.length);
  return (at) => {
    for (let i = 0; i < steps.length; i++) values[i] = steps[i]!(at, values);
    for (let i = 0; i < places.length; i++) results[i] = values[places[i]!]!;
    return results;
  };
}

function stepOf(expr: Expr, placeOf: (operand: Expr) => number): Step {
  switch (expr.kind) {
    case "arg":
      return (at) => at.arg(expr.index);
    case "scalar":
      return (at) => castNumber(expr.dtype, at.scalars[expr.index]!);
    case "const": {
      const value = castNumber(expr.dtype, expr.value);
      return () => value;
    }
    case "index":
      return (at) => at.position[expr.dim]!;
    case "accumulator":
      return (at) => at.accumulator;
    case "cast": {
      const { dtype } = expr;
      const a = placeOf(expr.value);
      // Floats are rounded where they have to be.
      return ROUND[dtype] !== null
        ? (_, values) => values[a]!
        : (_, values) => castNumber(dtype, values[a]!);
    }
    case "call": {
      const { evaluate }: ScalarFacts = SCALAR_FUNCTIONS[expr.fn];
      const { dtype } = expr.args[expr.args.length - 1]!;
      const [a = 0, b = 0, c = 0, d = 0] = expr.args.map(placeOf);
      switch (expr.args.length) {
        case 1:
          return (_, values) => evaluate(dtype, values[a]!);
        case 2:
          return (_, values) => evaluate(dtype, values[a]!, values[b]!);
        case 3:
          return (_, values) =>
            evaluate(dtype, values[a]!, values[b]!, values[c]!);
        default:
          return (_, values) =>
            evaluate(dtype, values[a]!, values[b]!, values[c]!, values[d]!);
      }
    }
  }
}
