/**
 * Changes in place as programs: one kernel over several tensors and the numbers
 * of a step.
 *
 * @module
 */
import type { DType, Tensor } from "@tenfold/core";
import {
  arg,
  type Expr,
  scalar,
  updateInPlace,
  type UpdateProgram,
} from "@tenfold/core/backend";

/** The new value of each target, by all tensors and the numbers of the step. */
type Write = (
  values: readonly Expr[],
  numbers: readonly Expr[],
) => readonly Expr[];

/** Changes the first of some tensors of one dtype. */
export type Change = (
  targets: readonly Tensor[],
  others: readonly Tensor[],
  numbers: readonly number[],
) => void;

/** A change in place, whose program is made once for each dtype. */
export function change(label: string, write: Write): Change {
  const programs = new Map<DType, UpdateProgram>();
  return (targets, others, numbers) => {
    const { dtype } = targets[0]!;
    let program = programs.get(dtype);
    if (program === undefined) {
      const count = targets.length + others.length;
      const values = Array.from({ length: count }, (_, i) => arg(i, dtype));
      const exprs = write(values, numbers.map((_, i) => scalar(i, dtype)));
      program = { label, inputs: values.map(() => dtype), exprs };
      programs.set(dtype, program);
    }
    updateInPlace(program, targets, others, numbers);
  };
}
