/**
 * Gradients of functions with kernels of their own, in tensor operations, so
 * that they can be differentiated again.
 *
 * @module
 */
import { grad, type Tensor } from "@tenfold/core";

/** Puts a list without gaps back into its places. */
export function inPlaces<T>(
  list: readonly T[],
  places: readonly boolean[],
): (T | null)[] {
  let next = 0;
  return places.map((given) => given ? list[next++]! : null);
}

/** The gradients that are needed of a function in tensor operations. */
export function gradientsOf(
  fn: (inputs: readonly Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  needed: readonly boolean[],
  gradOutputs: readonly Tensor[],
): (Tensor | null)[] {
  // Nodes of their own: a gradient by one must not run through another.
  const views = inputs.map((x) => x.reshape(x.shape));
  const wanted = views.filter((_, i) => needed[i]);
  const found = grad(fn(views), wanted, { createGraph: true, gradOutputs });
  return inPlaces(found, needed);
}
