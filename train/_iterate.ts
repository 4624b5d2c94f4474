/**
 * Going through batches.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { showValue } from "@tenfold/core/internal";
import type { Batch, Batches } from "./batches.ts";
import { BatchError } from "./errors.ts";

/** A batch in its parts. */
export interface Parts {
  readonly inputs: Tensor[];
  readonly target: Tensor;
}

/**
 * One epoch of batches. What the source throws comes with its place; what the
 * loop's body throws is left alone.
 */
export async function* iterate(
  batches: Batches,
  operation: string,
  epoch: number,
  from = 0,
): AsyncGenerator<Batch, void, undefined> {
  let batch = from;
  try {
    for await (const next of batches) {
      yield next;
      batch++;
    }
  } catch (cause) {
    const { length } = batches;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BatchError(
      `Cannot ${operation}${epoch > 0 ? ` in epoch ${epoch}` : ""} as batch ${
        batch + 1
      }${length === undefined ? "" : ` of ${length}`} is missing: ${why}`,
      { epoch, batch },
      cause,
    );
  }
}

/**
 * Tells inputs from targets.
 *
 * @throws {TypeError} If the batch is not a list of at least two tensors.
 */
export function partsOf(batch: Batch, operation: string): Parts {
  const isList = Array.isArray(batch);
  const odd = isList ? batch.find((part) => !(part instanceof Tensor)) : batch;
  if (!isList || batch.length < 2 || odd !== undefined) {
    throw new TypeError(
      `Cannot ${operation} on a batch as it must be a list of tensors, inputs first and targets last: got ${
        isList && batch.length >= 2
          ? `a list with ${showValue(odd)}`
          : showValue(batch)
      }`,
    );
  }
  return { inputs: batch.slice(0, -1), target: batch.at(-1)! };
}
