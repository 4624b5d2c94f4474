/**
 * Evaluates scalar expressions in float64.
 *
 * @module
 */
import {
  computeDType,
  type Expr,
  SCALAR_FUNCTIONS,
  type ScalarFacts,
  topological,
} from "@tenfold/core/backend";
import { fit } from "./plain.ts";

/**
 * The values of the leaves of an expression.
 *
 * @example The leaves of an expression
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arg, expr } from "@tenfold/core/backend";
 * import {
 *   type Environment,
 *   evaluator,
 * } from "@tenfold/backends/conformance/reference";
 *
 * const leaves: Environment = { args: [2], scalars: [] };
 * assertEquals(evaluator(expr.mul(arg(0, "float32"), 3))(leaves), 6);
 * ```
 */
export interface Environment {
  /** The element of each input. */
  readonly args: readonly number[];
  /** The run-time scalars. */
  readonly scalars: readonly number[];
  /** The loop's position along each dim. */
  readonly position?: readonly number[];
  /** The accumulated value of a reduction. */
  readonly accumulator?: number;
}

/** One node: its value from the environment and those of the nodes before. */
type Rule = (environment: Environment, values: readonly number[]) => number;

function ruleOf(node: Expr, place: (operand: Expr) => number): Rule {
  switch (node.kind) {
    case "arg":
      return ({ args }) => args[node.index]!;
    case "scalar":
      return ({ scalars }) =>
        fit(computeDType(node.dtype), scalars[node.index]!);
    case "const":
      return () => fit(computeDType(node.dtype), node.value);
    case "index":
      return ({ position }) => position![node.dim]!;
    case "accumulator":
      return ({ accumulator }) => accumulator!;
    case "cast": {
      const at = place(node.value);
      return (_, values) => fit(computeDType(node.dtype), values[at]!);
    }
    case "call": {
      const { evaluate }: ScalarFacts = SCALAR_FUNCTIONS[node.fn];
      const { dtype } = node.args[node.args.length - 1]!;
      const places = node.args.map(place);
      return (_, values) => evaluate(dtype, ...places.map((at) => values[at]!));
    }
  }
}

/**
 * Returns a function that computes the value of an expression in float64. With
 * `round`, every node is cast to its own dtype, as on a device that computes in
 * it.
 *
 * @param expr The expression.
 * @param round Whether every node is cast.
 * @returns A function from the values of the leaves to the value.
 *
 * @example In the digits of float32
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arg, expr } from "@tenfold/core/backend";
 * import { evaluator } from "@tenfold/backends/conformance/reference";
 *
 * const third = evaluator(expr.div(arg(0, "float32"), 3), true);
 * assertEquals(third({ args: [1], scalars: [] }), Math.fround(1 / 3));
 * ```
 */
export function evaluator(
  expr: Expr,
  round = false,
): (environment: Environment) => number {
  const nodes = topological([expr]);
  const places = new Map(nodes.map((node, i) => [node, i]));
  const rules = nodes.map((node) => ruleOf(node, (x) => places.get(x)!));
  const values: number[] = new Array(nodes.length);
  return (environment) => {
    for (let i = 0; i < rules.length; i++) {
      const value = rules[i]!(environment, values);
      values[i] = round ? fit(computeDType(nodes[i]!.dtype), value) : value;
    }
    return values[values.length - 1]!;
  };
}
