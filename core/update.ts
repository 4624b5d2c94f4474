/**
 * Programs of changes in place, made once for each combination of dtypes.
 *
 * @module
 */
import type { DType } from "./dtype.ts";
import { arg, call, castExpr, type Expr, scalar } from "./expr.ts";
import { memoize } from "./lower/program.ts";
import type { UpdateProgram } from "./op.ts";

/** `target = f(target, other)` where `other` is a tensor. */
const withTensor = (
  label: string,
  f: (target: Expr, other: Expr) => Expr,
): (target: DType, other: DType) => UpdateProgram =>
  memoize((target, other) => {
    const [to, from] = [target as DType, other as DType];
    return {
      label,
      inputs: [to, from],
      exprs: [f(arg(0, to), castExpr(arg(1, from), to))],
    };
  });

/** `target = f(target, number)`. */
const withNumber = (
  label: string,
  f: (target: Expr, number: Expr) => Expr,
): (target: DType) => UpdateProgram =>
  memoize((target) => {
    const to = target as DType;
    return { label, inputs: [to], exprs: [f(arg(0, to), scalar(0, to))] };
  });

/** `target = other`, cast to the target's dtype. */
export const copyInPlace: (target: DType, source: DType) => UpdateProgram =
  withTensor("copy_", (_, source) => source);

/** The changes in place that tensors have methods for. */
export const updates: {
  readonly fill: (target: DType) => UpdateProgram;
  readonly add: (target: DType, other: DType) => UpdateProgram;
  readonly addNumber: (target: DType) => UpdateProgram;
  readonly mul: (target: DType, other: DType) => UpdateProgram;
  readonly mulNumber: (target: DType) => UpdateProgram;
} = {
  fill: withNumber("fill_", (_, value) => value),
  add: withTensor("add_", (a, b) => call("add", a, b)),
  addNumber: withNumber("add_", (a, b) => call("add", a, b)),
  mul: withTensor("mul_", (a, b) => call("mul", a, b)),
  mulNumber: withNumber("mul_", (a, b) => call("mul", a, b)),
};
