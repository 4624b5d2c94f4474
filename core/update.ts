/**
 * Programs of changes in place, made once for each combination of dtypes.
 *
 * @module
 */
import { canCast, type DType, dtypeOfNumber, promote } from "./dtype.ts";
import { DTypeError } from "./errors.ts";
import { arg, castExpr, type Expr, scalar } from "./expr/expr.ts";
import { memoize } from "./lower/program.ts";
import type { UpdateProgram } from "./op.ts";
import { ELEMENTWISE, type ElementwiseName } from "./ops/elementwise.ts";
import { elementwiseExpr, resolveDType } from "./ops/elementwise_kernel.ts";

/** Refuses a result that the target could only hold cut: floats in int32. */
function checkFits(label: string, target: DType, result: DType): void {
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

/** `target = target fn other` where `other` is a tensor. */
const withTensor = (
  label: string,
  name: ElementwiseName,
): (target: DType, other: DType) => UpdateProgram =>
  memoize((target, other) => {
    const [to, from] = [target as DType, other as DType];
    return {
      label,
      inputs: [to, from],
      exprs: arithmetic(label, name, to, arg(1, from)),
    };
  });

/** `target = target fn number`, where the number has a dtype of its own. */
const withNumber = (
  label: string,
  name: ElementwiseName,
): (target: DType, value: number) => UpdateProgram => {
  const programOf = memoize((target, number) => {
    const [to, from] = [target as DType, number as DType];
    return {
      label,
      inputs: [to],
      exprs: arithmetic(label, name, to, scalar(0, from)),
    };
  });
  return (target, value) => programOf(target, dtypeOfNumber(value, target));
};

/** `target = other`, cast to the target's dtype. */
export const copyInPlace: (target: DType, source: DType) => UpdateProgram =
  memoize((target, source) => {
    const [to, from] = [target as DType, source as DType];
    const exprs = [castExpr(arg(1, from), to)];
    return { label: "copy_", inputs: [to, from], exprs };
  });

/** `target = number`, cast to the target's dtype. */
const fill: (target: DType) => UpdateProgram = memoize((target) => {
  const to = target as DType;
  return { label: "fill_", inputs: [to], exprs: [scalar(0, to)] };
});

/** The changes in place that tensors have methods for. */
export const updates: {
  readonly fill: (target: DType) => UpdateProgram;
  readonly add: (target: DType, other: DType) => UpdateProgram;
  readonly addNumber: (target: DType, value: number) => UpdateProgram;
  readonly mul: (target: DType, other: DType) => UpdateProgram;
  readonly mulNumber: (target: DType, value: number) => UpdateProgram;
} = {
  fill,
  add: withTensor("add_", "add"),
  addNumber: withNumber("add_", "add"),
  mul: withTensor("mul_", "mul"),
  mulNumber: withNumber("mul_", "mul"),
};
