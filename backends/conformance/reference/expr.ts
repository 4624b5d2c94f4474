/**
 * What a scalar expression means: its value in float64.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  type Expr,
  type MapOp,
  type MapSumOp,
  SCALAR_FUNCTIONS,
  type ScalarFacts,
  topological,
  type UpdateOp,
} from "@tenfold/core/backend";
import { type FormulaMeta, infer } from "@tenfold/core/internal";
import { broadcastElement, fit, generate, type Plain } from "./plain.ts";
import { reduce } from "./reduce.ts";

/** What the leaves of an expression stand for. */
export interface Environment {
  /** The element of each input. */
  readonly args: readonly number[];
  /** The run-time scalars. */
  readonly scalars: readonly number[];
  /** The loop's position along each dim. */
  readonly position?: readonly number[];
  /** What a reduction accumulated. */
  readonly accumulator?: number;
}

/** One node: its value from the environment and those of the nodes before. */
type Rule = (environment: Environment, values: readonly number[]) => number;

function ruleOf(node: Expr, place: (operand: Expr) => number): Rule {
  switch (node.kind) {
    case "arg":
      return ({ args }) => args[node.index]!;
    case "scalar":
      return ({ scalars }) => fit(node.dtype, scalars[node.index]!);
    case "const":
      return () => fit(node.dtype, node.value);
    case "index":
      return ({ position }) => position![node.dim]!;
    case "accumulator":
      return ({ accumulator }) => accumulator!;
    case "cast": {
      const at = place(node.value);
      return (_, values) => fit(node.dtype, values[at]!);
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
 * Makes the function that gives an expression's value in float64. With
 * `round`, every node is cast to its own dtype, as a device does that computes
 * in it.
 *
 * @param expr The expression.
 * @param round Whether every node is cast.
 * @returns The value, in terms of what the leaves stand for.
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
      values[i] = round ? fit(nodes[i]!.dtype, value) : value;
    }
    return values[values.length - 1]!;
  };
}

/** The values of a formula at every position, cast to `dtype`. */
function mapped(
  op: MapOp | MapSumOp,
  inputs: readonly Plain[],
  dtype: DType,
): Plain {
  const { formula, scalars } = op;
  const value = evaluator(formula.expr);
  const [{ loop }] = infer(op, inputs) as [FormulaMeta];
  return generate(
    loop,
    dtype,
    (position) =>
      value({
        args: inputs.map((input) => broadcastElement(input, position)),
        scalars,
        position,
      }),
  );
}

/** The meaning of `map`. */
export function map(op: MapOp, inputs: readonly Plain[]): Plain[] {
  return [mapped(op, inputs, op.formula.expr.dtype)];
}

/** The meaning of `mapSum`: the terms keep the digits of float64. */
export function mapSum(op: MapSumOp, inputs: readonly Plain[]): Plain[] {
  const { dims, keepDim, divisor } = op;
  const terms = mapped(op, inputs, "float64");
  const [sums] = reduce({ name: "sum", dims, keepDim }, [terms]);
  const { dtype } = op.formula.expr;
  const data = sums!.data.map((sum) => fit(dtype, sum / divisor));
  return [{ shape: sums!.shape, dtype, data }];
}

/**
 * The meaning of `update`: what each target holds afterwards. Every expression
 * sees the inputs as they were before.
 */
export function update(op: UpdateOp, inputs: readonly Plain[]): Plain[] {
  return inputs.slice(0, op.targets).map((target, t) => {
    const value = evaluator(op.program.exprs[t]!);
    return generate(
      target.shape,
      target.dtype,
      (position) =>
        value({
          args: inputs.map((input) => broadcastElement(input, position)),
          scalars: op.scalars,
          position,
        }),
    );
  });
}
