/**
 * Predictions and targets as class numbers in memory.
 *
 * @module
 */
import { scope, Tensor, type TypedArray } from "@tenfold/core";
import { noGradNow } from "@tenfold/core/internal";
import { classesOf } from "./_classes.ts";

/**
 * Class indices, or the scores of the classes.
 *
 * @example Class numbers, or scores
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, train } from "@tenfold/tenfold";
 *
 * const scores: train.Predictions = tensor([[0.9, 0.1], [0.2, 0.8]]);
 * assertEquals(await train.accuracy(scores, tensor([0, 1])), 1);
 * ```
 */
export type Predictions = Tensor | ArrayLike<number>;

/** Predictions and targets that were read. */
export interface ReadClasses {
  readonly predicted: ArrayLike<number>;
  readonly actual: ArrayLike<number>;
  /** How many classes there are, where scores tell. */
  readonly count: number | undefined;
}

/**
 * Reads two tensors, or takes two arrays.
 *
 * @throws {TypeError} If their kinds or lengths differ.
 * @throws {RangeError} If a number is not a class.
 */
export async function readClasses(
  predictions: Predictions,
  targets: Predictions,
  threshold: number | undefined,
  operation: string,
): Promise<ReadClasses> {
  const onDevice = predictions instanceof Tensor;
  if (onDevice !== targets instanceof Tensor) {
    throw new TypeError(
      `Cannot ${operation} of a tensor and an array: pass two of a kind`,
    );
  }
  const found = onDevice
    ? await readTensors(predictions, targets as Tensor, threshold, operation)
    : readArrays(predictions, targets as ArrayLike<number>, threshold);
  const { predicted, actual } = found;
  if (predicted.length !== actual.length) {
    throw new TypeError(
      `Cannot ${operation} as there must be a target for each prediction: got ${predicted.length} predictions and ${actual.length} targets`,
    );
  }
  for (
    const [what, classes] of [
      ["prediction", predicted],
      ["target", actual],
    ] as const
  ) {
    for (let i = 0; i < classes.length; i++) {
      if (Number.isSafeInteger(classes[i])) continue;
      throw new RangeError(
        `Cannot ${operation} as ${what} ${i} is not a class: got ${
          classes[i]
        }, expected a whole number`,
      );
    }
  }
  return found;
}

async function readTensors(
  predictions: Tensor,
  targets: Tensor,
  threshold: number | undefined,
  operation: string,
): Promise<ReadClasses> {
  const inner = scope();
  let count: number | undefined;
  let reads: Promise<TypedArray[]>;
  try {
    const found = noGradNow(() =>
      classesOf(predictions, targets, threshold, operation)
    );
    count = found.count;
    // The reads begin while the tensors are there.
    reads = Promise.all([found.predicted.data(), found.actual.data()]);
  } finally {
    inner.dispose();
  }
  const [predicted, actual] = await reads;
  return { predicted: predicted!, actual: actual!, count };
}

function readArrays(
  predictions: ArrayLike<number>,
  actual: ArrayLike<number>,
  threshold: number | undefined,
): ReadClasses {
  if (threshold === undefined) {
    return { predicted: predictions, actual, count: undefined };
  }
  const predicted = Array.from(
    predictions,
    (score) => score > threshold ? 1 : 0,
  );
  return { predicted, actual, count: 2 };
}
