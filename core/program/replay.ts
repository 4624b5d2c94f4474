/**
 * Replays: a plan runs, and what it has made becomes tensors.
 *
 * @module
 */
import { OWNER, VALUE } from "../members.ts";
import type { Device } from "../device.ts";
import { Tensor, wrapValue } from "../tensor.ts";
import type { Value } from "../value.ts";
import type { Plan } from "./plan.ts";
import type { LeafGradient } from "./recording.ts";
import { rebuild, type Structure } from "./signature.ts";

/**
 * A tensor of a result: itself, the argument of that number, or the next value
 * that the plan makes; a leaf if it requires gradients.
 */
export type Output = Tensor | number | { readonly leaf: boolean };

/** A plan and what its results are put together to. */
export interface Replayed {
  /** The plan. */
  readonly plan: Plan;
  /** Where it runs. */
  readonly device: Device;
  /** The structure of the result. */
  readonly result: Structure;
  /** Where each tensor of the result is found. */
  readonly outputs: readonly Output[];
}

/** Whether the plan makes a tensor of the result. */
export function isValue(output: Output): output is { readonly leaf: boolean } {
  return typeof output === "object" && !(output instanceof Tensor);
}

/** Runs a plan on these arguments. */
export function replay(
  { plan, device, result, outputs }: Replayed,
  tensors: readonly Tensor[],
): unknown {
  const values: Value[] = new Array(tensors.length);
  for (let i = 0; i < tensors.length; i++) values[i] = tensors[i]![VALUE];
  const { results, gradients, refused } = plan.run(values);
  const made: Tensor[] = new Array(results.length);
  for (let i = 0; i < made.length; i++) {
    made[i] = wrapValue(device, results[i]!);
  }
  const { leaves, checks } = plan;
  for (let i = 0; i < leaves.length; i++) {
    const gradient = gradients[i];
    if (gradient === undefined) continue;
    const { of } = leaves[i]!;
    const leaf = "leaf" in of
      ? of.leaf
      : "argument" in of
      ? tensors[of.argument]!
      : made[of.result]!;
    setGradient(leaf, device, gradient);
  }
  for (let i = 0; i < refused.length; i++) {
    const { operation, error } = checks[i]!;
    device.refuse(operation, refused[i]!, error);
    refused[i]!.release();
  }
  let next = 0;
  const given: Tensor[] = new Array(outputs.length);
  for (let i = 0; i < given.length; i++) {
    const output = outputs[i]!;
    if (typeof output === "number") given[i] = tensors[output]!;
    else if (!isValue(output)) given[i] = output;
    else {
      const tensor = made[next++]!;
      given[i] = output.leaf ? tensor.requiresGrad_() : tensor;
    }
  }
  return result.kind === "tensor" ? given[0] : rebuild(result, given);
}

/** Gives a leaf its gradient; the handle that it has stays if it may. */
function setGradient(
  leaf: LeafGradient,
  device: Device,
  gradient: Value | null,
): void {
  if (gradient === null) {
    if (leaf.grad !== null) leaf.grad = null;
  } else if (leaf.grad?.[VALUE].storage === gradient.storage) {
    gradient.release();
  } else {
    const tensor = wrapValue(device, gradient);
    tensor[OWNER] = null;
    leaf.grad = tensor;
  }
}
