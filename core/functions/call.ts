/**
 * What the functions of this folder share: checks of their arguments, and
 * operands that may be numbers.
 *
 * @module
 */
import { type DType, dtypeOfNumber } from "../dtype.ts";
import type { Expr } from "../expr/expr.ts";
import { fused, type FusedFunction } from "../fused.ts";
import { checkCount } from "../options.ts";
import type { Shape } from "../shape.ts";
import {
  apply,
  checkOperand,
  checkTensor,
  type Tensor,
  type TensorLike,
} from "../tensor.ts";

/**
 * Refuses arguments beyond `most`, and anything but a tensor among those that
 * must be one.
 */
export function checkCall(
  name: string,
  args: ArrayLike<unknown>,
  most: number,
  ...tensors: unknown[]
): void {
  checkCount(name, args.length, most);
  for (const x of tensors) checkTensor(x, "each operand", name);
}

/** One number on the device of `x`, as an element of a dtype. */
export function numberLike(x: Tensor, value: number, dtype: DType): Tensor {
  return apply({ name: "full", shape: [], value, dtype }, [], x.device)[0]!;
}

/** An operand that may be a number, as a tensor beside `x`. */
export function operandLike(
  name: string,
  x: Tensor,
  operand: TensorLike,
): Tensor {
  if (typeof operand === "number") {
    return numberLike(x, operand, dtypeOfNumber(operand, x.dtype));
  }
  checkOperand(name, operand);
  return operand;
}

/** Writes a gradient: from that of the value, the operands, and the value. */
export type Slope = (
  g: Expr,
  operands: readonly Expr[],
  y: Expr,
) => Expr | null;

/**
 * A function of as many operands as it has slopes, or of any number where the
 * gradient is derived, as one kernel.
 */
export const elementwise = (
  label: string,
  write: (...operands: readonly Expr[]) => Expr,
  ...slopes: readonly Slope[]
): FusedFunction =>
  fused(label, (inputs) => {
    const operands = inputs as unknown as readonly Expr[];
    const value = write(...operands);
    if (slopes.length === 0) return value;
    return {
      value,
      gradients: (g) => slopes.map((slope) => slope(g, operands, value)),
    };
  });

/** The positions along a dim, in a shape. */
export function positionsAlong(x: Tensor, shape: Shape, dim: number): Tensor {
  const length = shape[dim] ?? 1;
  const dtype = "int32";
  const op = { name: "arange", start: 0, step: 1, length, dtype } as const;
  const flat = apply(op, [], x.device)[0]!;
  return flat.reshape(shape.map((_, d) => d === dim ? length : 1))
    .expand(shape);
}
