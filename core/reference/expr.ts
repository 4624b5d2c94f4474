/**
 * What a scalar expression means: its value in float64.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import type { Expr } from "../expr.ts";
import { inferFormula } from "../infer.ts";
import type { MapOp, MapSumOp, UpdateOp } from "../op.ts";
import { SCALAR_FUNCTIONS, type ScalarFacts } from "../scalar.ts";
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

/**
 * The value of an expression in float64. With `round`, every node is cast to
 * its own dtype, as a device does that computes in it.
 */
export function evaluateExpr(
  expr: Expr,
  environment: Environment,
  round = false,
): number {
  const known = new Map<Expr, number>();
  const value = (node: Expr): number => {
    let result = known.get(node);
    if (result === undefined) {
      result = valueOf(node, environment, value);
      if (round) result = fit(node.dtype, result);
      known.set(node, result);
    }
    return result;
  };
  return value(expr);
}

function valueOf(
  node: Expr,
  environment: Environment,
  value: (operand: Expr) => number,
): number {
  switch (node.kind) {
    case "arg":
      return environment.args[node.index]!;
    case "scalar":
      return fit(node.dtype, environment.scalars[node.index]!);
    case "const":
      return fit(node.dtype, node.value);
    case "index":
      return environment.position![node.dim]!;
    case "accumulator":
      return environment.accumulator!;
    case "cast":
      return fit(node.dtype, value(node.value));
    case "call": {
      const facts: ScalarFacts = SCALAR_FUNCTIONS[node.fn];
      const last = node.args[node.args.length - 1]!;
      return facts.evaluate(last.dtype, ...node.args.map(value));
    }
  }
}

/** The values of a formula at every position, cast to `dtype`. */
function mapped(
  { formula, scalars }: MapOp | MapSumOp,
  inputs: readonly Plain[],
  dtype: DType,
): Plain {
  return generate(
    inferFormula(formula, inputs),
    dtype,
    (position) =>
      evaluateExpr(formula.expr, {
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
  return inputs.slice(0, op.targets).map((target, t) =>
    generate(
      target.shape,
      target.dtype,
      (position) =>
        evaluateExpr(op.program.exprs[t]!, {
          args: inputs.map((input) => broadcastElement(input, position)),
          scalars: op.scalars,
          position,
        }),
    )
  );
}
