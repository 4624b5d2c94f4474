/**
 * From what a model puts out to the class that it predicts.
 *
 * @module
 */
import { isFloating, ShapeError, type Tensor } from "@tenfold/core";
import { showShape } from "@tenfold/core/internal";

/** Predictions and truth as int32 classes of the same shape. */
export interface Classes {
  readonly predicted: Tensor;
  readonly actual: Tensor;
  /** How many classes there are, where the output tells. */
  readonly count: number | undefined;
}

/**
 * The classes in an output: the largest score along dim 1, the scores above
 * the threshold, or the integers as they are.
 *
 * @throws {ShapeError} If the shapes of predictions and targets do not match.
 * @throws {TypeError} If floats are neither scores of classes nor is there a
 * threshold.
 */
export function classesOf(
  output: Tensor,
  target: Tensor,
  threshold: number | undefined,
  operation: string,
): Classes {
  const actual = target.cast("int32");
  const { shape } = output;
  if (threshold !== undefined) {
    const single = shape.length === target.ndim + 1 && shape[1] === 1;
    const scores = single ? output.squeeze(1) : output;
    requireShape(scores, target, operation);
    const predicted = scores.gt(threshold).cast("int32");
    return { predicted, actual, count: 2 };
  }
  const dim = Math.min(1, target.ndim);
  if (shape.length === target.ndim + 1 && shape[dim] !== 1) {
    const predicted = output.argmax(dim);
    requireShape(predicted, target, operation, output);
    return { predicted, actual, count: shape[dim]! };
  }
  requireShape(output, target, operation);
  if (isFloating(output.dtype)) {
    throw new TypeError(
      `Cannot ${operation} as ${output.dtype} predictions of the targets' shape ${
        showShape(shape)
      } name no classes: set threshold (0 for logits, 0.5 for probabilities), or cast classes to int32`,
    );
  }
  return { predicted: output.cast("int32"), actual, count: undefined };
}

function requireShape(
  found: Tensor,
  target: Tensor,
  operation: string,
  output: Tensor = found,
): void {
  const same = found.ndim === target.ndim &&
    found.shape.every((extent, d) => extent === target.shape[d]);
  if (same) return;
  throw new ShapeError(
    `Cannot ${operation} as the shapes do not belong together: got predictions of ${
      showShape(output.shape)
    } and targets of ${showShape(target.shape)}`,
  );
}
