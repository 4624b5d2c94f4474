/**
 * Results of compiled functions: what they may hold.
 *
 * @module
 */
import { EDGE } from "../members.ts";
import { CompileError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
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

/** Whether backward could still run through a tensor. */
function isUnfinished({ [EDGE]: edge }: Tensor): boolean {
  return edge !== null && !edge.node.consumed && edge.node.edges.length > 0;
}
