/**
 * Gradients of leaves: what a function finds and leaves there.
 *
 * @module
 */
import { VALUE } from "../members.ts";
import type { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import type { LeafState } from "./ownership.ts";
import type { LeafGradient, Recording } from "./recording.ts";
import { matches, type Structure } from "./signature.ts";

/** A gradient from outside that a plan takes as it takes an argument. */
export interface TakenGradient {
  /** Whose gradient it is. */
  readonly leaf: LeafGradient;
  /** What it has to be like. */
  readonly structure: Structure;
  /** Its handle when the function was recorded. */
  readonly tensor: Tensor;
  /** Its value then. */
  readonly value: Value;
}

/** What leaves have as gradient after the function has run. */
export function gradientsOf(
  recording: Recording,
  tensors: readonly Tensor[],
  values: readonly Tensor[],
): LeafState[] {
  const states: LeafState[] = [];
  for (const [leaf, before] of recording.leaves) {
    const argument = tensors.indexOf(leaf as Tensor);
    const result = values.indexOf(leaf as Tensor);
    // A leaf that was made inside and has gone.
    if (argument < 0 && result < 0 && (leaf as Tensor).released) continue;
    const of = argument >= 0
      ? { argument }
      : result >= 0
      ? { result }
      : { leaf };
    const after = leaf.grad?.[VALUE] ?? null;
    const taken = "leaf" in of && before && recording.takes(before)
      ? before
      : null;
    states.push({
      of,
      before: taken ? undefined : before && before.tensor,
      taken,
      after,
    });
  }
  return states;
}

/**
 * Takes the gradients that the function has made away from leaves, but not from
 * those that it was given or gives.
 */
export function dropGradients(
  { leaves, made }: Recording,
  keep: readonly Tensor[],
): void {
  for (const leaf of leaves.keys()) {
    const storage = leaf.grad?.[VALUE].storage;
    if (storage === undefined || !made.has(storage)) continue;
    if (!keep.includes(leaf as Tensor)) leaf.grad = null;
  }
}

/** What is taken of a leaf. */
export function takenOf({ of, taken }: LeafState): TakenGradient[] {
  if (taken === null || !("leaf" in of)) return [];
  const { value } = taken;
  const tensor = taken.tensor as Tensor;
  const { device, dtype, requiresGrad } = tensor;
  const { shape, strides } = value.view;
  const structure: Structure = {
    kind: "tensor",
    device,
    dtype,
    shape,
    strides,
    requiresGrad,
  };
  return [{ leaf: of.leaf, structure, tensor, value }];
}

/** Adds the gradients that leaves have now; false where one has another kind. */
export function addGradients(
  taken: readonly TakenGradient[],
  tensors: Tensor[],
): boolean {
  for (let i = 0; i < taken.length; i++) {
    const { leaf, structure } = taken[i]!;
    if (!matches(structure, leaf.grad, tensors)) return false;
  }
  return true;
}
