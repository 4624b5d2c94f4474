/**
 * Programs of changes in place, made once for each combination of dtypes.
 *
 * @module
 */
import {
  canCast,
  type DType,
  dtypeOfNumber,
  numberOf,
  promote,
} from "./dtype.ts";
import { DTypeError } from "./errors.ts";
import { arg, call, castExpr, type Expr, scalar } from "./expr/expr.ts";
import { memoize } from "./lower/program.ts";
import type { UpdateProgram } from "./op.ts";
import { ELEMENTWISE, type ElementwiseName } from "./ops/elementwise.ts";
import { elementwiseExpr, resolveDType } from "./ops/elementwise_kernel.ts";

/** Refuses a result that the target could only hold cut: floats in int32. */
export function checkFits(label: string, target: DType, result: DType): void {
  if (canCast(result, target)) return;
  throw new DTypeError(
    `Cannot ${label} in place as the result is ${result} and the target ${target}: use ${
      label.replace(/_$/, "")
    }, which makes a new tensor, or cast what stands beside it`,
  );
}

/** `target = fn(target, other)` as the primitive computes it, cast back. */
function arithmetic(
  label: string,
  name: ElementwiseName,
  to: DType,
  other: Expr,
): UpdateProgram["exprs"] {
  const facts = ELEMENTWISE[name];
  const resolved = resolveDType(facts, promote(to, other.dtype))!;
  checkFits(label, to, resolved.result);
  const value = elementwiseExpr(facts, [arg(0, to), other], resolved);
  return [castExpr(value, to)];
}

/** An arithmetic operation that changes its target. */
export type InPlaceName = "add" | "sub" | "mul" | "div" | "pow";

/**
 * `target = target fn other` where `other` is a tensor, times a run-time scalar
 * where it is scaled.
 */
const withTensor: (
  name: InPlaceName,
  target: DType,
  other: DType,
  scaled: 0 | 1,
) => UpdateProgram = memoize((name, target, other, scaled) => {
  const [to, from] = [target as DType, other as DType];
  const label = `${name}_`;
  const number = numberOf(from);
  const value = scaled
    ? call("mul", castExpr(arg(1, from), number), scalar(0, number))
    : arg(1, from);
  return {
    label,
    inputs: [to, from],
    exprs: arithmetic(label, name as InPlaceName, to, value),
  };
});

const programOf = memoize((name: InPlaceName, target: DType, from: DType) => {
  const label = `${name}_`;
  return {
    label,
    inputs: [target],
    exprs: arithmetic(label, name, target, scalar(0, from)),
  };
});

/** `target = target fn number`, where the number has a dtype of its own. */
const withNumber = (
  name: InPlaceName,
  target: DType,
  value: number,
): UpdateProgram => programOf(name, target, dtypeOfNumber(value, target));

/** `target = other`, cast to the target's dtype. */
export const overwriting: (
  label: string,
  target: DType,
  source: DType,
) => UpdateProgram = memoize((label, target, source) => {
  const [to, from] = [target as DType, source as DType];
  return { label, inputs: [to, from], exprs: [castExpr(arg(1, from), to)] };
});

/** `target = number`, cast to the target's dtype. */
const fill: (target: DType) => UpdateProgram = memoize((target) => {
  const to = target as DType;
  return { label: "fill_", inputs: [to], exprs: [scalar(0, to)] };
});

/** The changes in place that tensors have methods for. */
export const updates: {
  readonly fill: (target: DType) => UpdateProgram;
  readonly withTensor: typeof withTensor;
  readonly withNumber: typeof withNumber;
} = { fill, withTensor, withNumber };
