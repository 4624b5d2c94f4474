/**
 * The meaning of the elementwise primitives: their formulas at each position.
 *
 * @module
 */
import type { ElementwiseOp } from "@tenfold/core/backend";
import { type ElementwiseMeta, infer } from "@tenfold/core/internal";
import { ELEMENTWISE_SPECS } from "../ops/elementwise.ts";
import { overOperands } from "./operands.ts";
import type { Plain } from "./plain.ts";

/** The meaning of any elementwise op. */
export function elementwise(
  op: ElementwiseOp,
  inputs: readonly Plain[],
): Plain[] {
  const [{ compute, dtype }] = infer(op, inputs) as [ElementwiseMeta];
  const { formula, integer } = ELEMENTWISE_SPECS[op.name];
  const own = compute === "int32" ? integer ?? formula : formula;
  return [overOperands(op, inputs, dtype, own)];
}
