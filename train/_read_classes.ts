/**
 * Predictions and targets as class numbers in memory.
 *
 * @module
 */
import { noGrad, scope, Tensor } from "@tenfold/core";
import { classesOf } from "./_classes.ts";

/** Class numbers, or the scores that lead to them. */
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
  const [reads, count] = (() => {
    using _scope = scope();
    using _ = noGrad();
    const found = classesOf(predictions, targets, threshold, operation);
    // The reads begin while the tensors are there.
    const reads = Promise.all([found.predicted.data(), found.actual.data()]);
    return [reads, found.count];
  })();
  const [predicted, actual] = await reads;
  return { predicted, actual, count };
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
