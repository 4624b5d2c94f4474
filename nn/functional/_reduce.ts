/**
 * From the losses of single elements to the loss.
 *
 * @module
 */
import { type FusedFunction, ShapeError, type Tensor } from "@tenfold/core";
import { checkTensor, showShape } from "@tenfold/core/internal";
import type { Reduction } from "../_options.ts";

/** The loss of every element, their sum, or the sum over `count`. */
export function reduceLoss(
  loss: FusedFunction,
  inputs: readonly Tensor[],
  reduction: Reduction,
  count: number,
  scalars?: readonly number[],
): Tensor {
  switch (reduction) {
    case "none":
      return loss.map(inputs, scalars);
    case "sum":
      return loss.sum(inputs, {}, scalars);
    case "mean":
      return loss.sum(inputs, { divisor: count }, scalars);
  }
}

/**
 * Checks that there is one target for each element. Broadcasting would compare
 * every prediction with every target, which is hardly ever meant.
 */
export function requireSameShape(
  name: string,
  input: Tensor,
  target: Tensor,
): void {
  checkTensor(input, "the input", `take the ${name}`);
  checkTensor(target, "the target", `take the ${name}`);
  const [a, b] = [input.shape, target.shape];
  if (a.length === b.length && a.every((extent, d) => extent === b[d])) return;
  throw new ShapeError(
    `Cannot take the ${name} as input and target must have one shape: got ${
      showShape(a)
    } and ${
      showShape(b)
    }, reshape one of them (or expand it, if broadcasting is meant)`,
  );
}

/** The losses of samples, their sum or their mean. */
export function reduceLosses(losses: Tensor, reduction: Reduction): Tensor {
  switch (reduction) {
    case "none":
      return losses;
    case "sum":
      return losses.sum();
    case "mean":
      return losses.mean();
  }
}
