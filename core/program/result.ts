/**
 * Results of compiled functions: what they may hold, and what becomes of the
 * gradients of leaves.
 *
 * @module
 */
import { EDGE, VALUE } from "../members.ts";
import { CompileError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import type { LeafState } from "./ownership.ts";
import type { Recording } from "./recording.ts";
import { flatten, type Structure } from "./signature.ts";

/** The structure of a result; refuses what cannot be made again. */
export function checkResult(
  recording: Recording,
  result: unknown,
  outputs: Tensor[],
): Structure {
  if (result instanceof Promise) {
    // What becomes of it no longer matters, unless it is given back.
    if (recording.failure === null) result.catch(() => {});
    recording.refuse(ASYNC);
    return { kind: "value", value: result };
  }
  try {
    const made = flatten(result, outputs, "result");
    if (recording.failure === null && outputs.some(isUnfinished)) {
      recording.refuse(
        "a function whose result still takes part in recording: call backward inside it, or wrap it in noGrad",
      );
    }
    return made;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    recording.refuse(error.message.replace(/^Cannot compile /, ""));
    return { kind: "value", value: result };
  }
}

const ASYNC =
  "an async function: leave out await, and read what it returns outside";

/** The error for a function that gives a promise. */
export function asyncError(): CompileError {
  return new CompileError(`Cannot compile ${ASYNC}`);
}

/** Whether a function is known to give a promise before it is called. */
export function isAsync(fn: (...args: unknown[]) => unknown): boolean {
  return Object.prototype.toString.call(fn) === "[object AsyncFunction]";
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
    states.push({ of, before, after: leaf.grad?.[VALUE] ?? null });
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

/** Whether backward could still run through a tensor. */
function isUnfinished({ [EDGE]: edge }: Tensor): boolean {
  return edge !== null && !edge.node.consumed && edge.node.edges.length > 0;
}
