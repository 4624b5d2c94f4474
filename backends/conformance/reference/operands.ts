/**
 * Functions of single elements, applied to the operands of an elementwise op.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import { ELEMENTWISE, type ElementwiseOp } from "@tenfold/core/backend";
import { type ElementwiseMeta, infer } from "@tenfold/core/internal";
import { broadcastElement, fit, generate, type Plain } from "./plain.ts";

/** The value from operands of one dtype, in float64; int32 wraps. */
export type ScalarFormula = (...operands: number[]) => number;

/** The operands of an op in order: tensors and numbers. */
function operandsOf(
  op: ElementwiseOp,
  inputs: readonly Plain[],
): (Plain | number)[] {
  let next = 0;
  return Array.from(
    { length: ELEMENTWISE[op.name].arity },
    (_, i) => op.operands?.[i] ?? inputs[next++]!,
  );
}

/**
 * Applies a formula to the operands of an op, brought to their common dtype,
 * at each position of its result.
 */
export function overOperands(
  op: ElementwiseOp,
  inputs: readonly Plain[],
  dtype: DType,
  formula: ScalarFormula,
): Plain {
  const [{ shape, compute }] = infer(op, inputs) as [ElementwiseMeta];
  const operands = operandsOf(op, inputs);
  const selects = ELEMENTWISE[op.name].rule === "select";
  return generate(shape, dtype, (position) => {
    const values = operands.map((operand, i) => {
      const value = typeof operand === "number"
        ? operand
        : broadcastElement(operand, position);
      return fit(selects && i === 0 ? "bool" : compute, value);
    });
    return formula(...values);
  });
}
