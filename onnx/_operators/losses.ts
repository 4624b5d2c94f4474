/**
 * Losses over classes.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import type { Reduction } from "@tenfold/nn";
import * as functional from "@tenfold/nn/functional";
import type { Call, Operators } from "../_call.ts";

/** A loss of `input` by the classes of the second input. */
function lossOf(
  call: Call,
  input: Tensor,
  loss: typeof functional.nllLoss,
): Tensor {
  const weight = call.optional(2);
  const ignoreIndex = call.attribute("ignore_index");
  return loss(input, call.tensor(1), {
    reduction: call.text("reduction", "mean") as Reduction,
    ...(weight !== null && { weight }),
    ...(ignoreIndex !== undefined && { ignoreIndex }),
  });
}

/** The operators of this file. */
export const LOSSES: Operators = {
  NegativeLogLikelihoodLoss: {
    since: 12,
    run: (call) =>
      call.like(0, lossOf(call, call.floats(0), functional.nllLoss)),
  },
  SoftmaxCrossEntropyLoss: {
    since: 12,
    run: (call) => {
      const log = call.floats(0).logSoftmax(1);
      return [log, lossOf(call, log, functional.nllLoss)].reverse()
        .map((tensor) => call.like(0, tensor));
    },
  },
};
