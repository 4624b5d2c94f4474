/**
 * Recording: from an operation that ran to the node that backward will need.
 *
 * @module
 */
import { EDGE, VALUE } from "../members.ts";
import { isFloating } from "../dtype.ts";
import type { ElementwiseOp, Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import { type Edge, OpNode, Saved, type Signature } from "./node.ts";
import type { Rule } from "../ops/gradient.ts";
import { primitiveOf } from "../ops/table.ts";

/** The rule for operand `p`; the last rule serves all further operands. */
export function ruleFor(op: Op, p: number): Rule | null {
  const rules = primitiveOf(op).gradient;
  if (typeof rules === "function") return rules(op, p);
  return rules[p] ??
    (p >= rules.length ? rules[rules.length - 1] ?? null : null);
}

/** For each tensor input, which operand it is. */
export function operandsOfInputs(op: Op, inputs: number): readonly number[] {
  const fixed = (op as ElementwiseOp).operands;
  if (!fixed) return identity(inputs);
  const operands: number[] = [];
  for (let p = 0; p < fixed.length; p++) {
    if (fixed[p] === null) operands.push(p);
  }
  return operands;
}

const identities: (readonly number[])[] = [];

/** 0 to `count - 1`; made once for each count. */
function identity(count: number): readonly number[] {
  return identities[count] ??= Array.from({ length: count }, (_, i) => i);
}

/**
 * The node for an operation, or null where no input needs a gradient. Saved
 * slots are the tensor inputs, then the outputs.
 */
export function record(
  op: Op,
  inputs: readonly Tensor[],
  outputs: readonly Value[],
): OpNode | null {
  let any = false;
  for (let i = 0; i < inputs.length; i++) {
    if (inputs[i]![EDGE] !== null) any = true;
  }
  if (!any || outputs.length === 0 || !isFloating(outputs[0]!.dtype)) {
    return null;
  }
  const operands = operandsOfInputs(op, inputs.length);
  const edges: (Edge | null)[] = new Array(inputs.length);
  const saved: (Saved | null)[] = new Array(inputs.length);
  const signatures: Signature[] = new Array(inputs.length);
  for (let i = 0; i < inputs.length; i++) {
    const { shape, dtype } = inputs[i]![VALUE];
    signatures[i] = { shape, dtype };
    saved[i] = null;
  }
  let differentiable = false;
  for (let i = 0; i < inputs.length; i++) {
    const { [EDGE]: edge } = inputs[i]!;
    const rule = edge && ruleFor(op, operands[i]!);
    edges[i] = rule ? edge : null;
    if (!rule) continue;
    differentiable = true;
    const { saves } = rule;
    for (let k = 0; k < saves.length; k++) {
      const what = saves[k]!;
      if (what === "output") {
        for (let o = 0; o < outputs.length; o++) {
          saved[inputs.length + o] ??= new Saved(outputs[o]!);
        }
      } else {
        const slot = operands.indexOf(what);
        // Operands that are numbers stand in the op itself.
        if (slot >= 0) saved[slot] ??= new Saved(inputs[slot]![VALUE]);
      }
    }
  }
  return differentiable ? new OpNode(op, signatures, edges, saved) : null;
}
