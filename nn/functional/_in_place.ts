/**
 * Kernels that write in place, for functions with gradients of their own.
 *
 * @module
 */
import { type DType, type Tensor, zeros } from "@tenfold/core";
import {
  arg,
  type Expr,
  updateInPlace,
  type UpdateProgram,
} from "@tenfold/core/backend";

/**
 * A kernel that writes its first `targets` operands, for each dtype; the last
 * operand may be of another, such as a mask.
 *
 * @param write The new values from all operands, targets first.
 */
export function kernel(
  label: string,
  targets: number,
  operands: number,
  write: (operands: readonly Expr[]) => readonly Expr[],
): (...operands: readonly Tensor[]) => void {
  const programs = new Map<string, UpdateProgram>();
  return (...tensors) => {
    const { dtype } = tensors[0]!;
    const last = tensors[operands - 1]!.dtype;
    const key = dtype === last ? dtype : `${dtype} ${last}`;
    let program = programs.get(key);
    if (program === undefined) {
      const inputs = new Array<DType>(operands).fill(dtype);
      inputs[operands - 1] = last;
      const exprs = write(inputs.map((dtype, i) => arg(i, dtype)));
      programs.set(key, program = { label, inputs, exprs });
    }
    updateInPlace(
      program,
      tensors.slice(0, targets),
      tensors.slice(targets),
      [],
    );
  };
}

/** Zeros beside a tensor. */
export const zerosBeside = (
  { dtype, device }: Tensor,
  shape: readonly number[],
): Tensor => zeros(shape, { dtype, device });
