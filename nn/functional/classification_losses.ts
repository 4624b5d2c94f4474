import {
  DTypeError,
  fused,
  isFloating,
  ShapeError,
  type Tensor,
} from "@tenfold/core";
import { call, expr } from "@tenfold/core/backend";
import { checkTensor, showShape, tidyNow } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import {
  checkOptions,
  probability,
  type Reduction,
  reduction,
  tensorOption,
} from "../_options.ts";
import { classLoss, lossOfLogits } from "./_class_loss.ts";
import { classesOf } from "./_classes.ts";
import type { ReductionOptions } from "./regression_losses.ts";

/**
 * Options of {@linkcode nllLoss}.
 *
 * @example Padding is left out
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { nn, tensor, zeros } from "@tenfold/tenfold";
 *
 * const options: nn.functional.NllLossOptions = { ignoreIndex: 0 };
 * const loss = nn.functional.nllLoss(
 *   zeros([2, 4]).logSoftmax(1),
 *   tensor([0, 3], { dtype: "int32" }),
 *   options,
 * );
 * assertAlmostEquals(await loss.item(), Math.log(4), 1e-6);
 * ```
 */
export interface NllLossOptions extends ReductionOptions {
  /** Weight of each class, `[C]`; `"mean"` divides by the sum of the weights. */
  readonly weight?: Tensor;
  /** Class index of samples that are left out of the loss. @default {-100} */
  readonly ignoreIndex?: number;
}

/**
 * Options of {@linkcode crossEntropy}.
 *
 * @example Smoothed labels
 * ```ts
 * import { nn, randn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.CrossEntropyOptions = { labelSmoothing: 0.1 };
 * const loss = nn.functional.crossEntropy(
 *   randn([2, 4]),
 *   tensor([0, 3], { dtype: "int32" }),
 *   options,
 * );
 * ```
 */
export interface CrossEntropyOptions extends NllLossOptions {
  /**
   * Probability that is spread evenly over all classes, from 0 to 1 (Szegedy
   * and others, 2016).
   *
   * @default {0}
   */
  readonly labelSmoothing?: number;
}

const nllFields = {
  reduction: z.optional(reduction),
  weight: z.optional(tensorOption),
  ignoreIndex: z.optional(z.int("must be an integer")),
};
const nllSchema = () => z.strictObject(nllFields);
const crossEntropySchema = () =>
  z.strictObject({
    ...nllFields,
    labelSmoothing: z.optional(probability),
  });

/** Adds the dim of samples where there is one sample without it. */
function asBatch(
  name: string,
  input: Tensor,
  target: Tensor,
): readonly [Tensor, Tensor, boolean] {
  checkTensor(input, "the input", `take the ${name}`);
  checkTensor(target, "the target", `take the ${name}`);
  if (input.ndim === 0) {
    throw new ShapeError(
      `Cannot take the ${name} of a 0-d tensor: give scores of shape [N, C] or [C]`,
    );
  }
  return input.ndim > 1
    ? [input, target, false]
    : [input.unsqueeze(0), target.unsqueeze(0), true];
}

/** The weights of the classes under the shape `[1, C, 1, ...]`. */
function weightsOf(
  name: string,
  weight: Tensor | undefined,
  { shape, ndim }: Tensor,
): Tensor | null {
  if (!weight) return null;
  if (weight.ndim !== 1 || weight.size !== shape[1]) {
    throw new ShapeError(
      `Cannot take the ${name} as there must be one weight for each class: got weights ${
        showShape(weight.shape)
      } for ${shape[1]} classes`,
    );
  }
  return weight.reshape([1, -1, ...new Array(ndim - 2).fill(1)]);
}

/** Without the dim of samples, where it was added. */
function asGiven(
  loss: Tensor,
  single: boolean,
  reduction: Reduction | undefined,
): Tensor {
  return single && reduction === "none" ? loss.squeeze(0) : loss;
}

/**
 * Minus the log-probability of each sample's class, the negative
 * log-likelihood.
 *
 * @param input Log-probabilities, `[N, C]`, `[N, C, ...]` or `[C]`, such as
 * `logSoftmax` gives.
 * @param target Class indices, int32: `[N]`, `[N, ...]` or `[]`.
 * @param options `reduction`, `weight` and `ignoreIndex`.
 * @throws {IndexError} If an index is not one of the classes. On devices that
 * cannot read without waiting, reading the loss throws.
 * @throws {DTypeError} If the indices are not int32.
 * @example Of the second class
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const target = tensor([1], { dtype: "int32" });
 * const loss = functional.nllLoss(tensor([[-1, -2]]), target);
 * assertEquals(await loss.item(), 2);
 * ```
 */
export function nllLoss(
  input: Tensor,
  target: Tensor,
  options: NllLossOptions = {},
): Tensor {
  const name = "nllLoss";
  checkOptions(nllSchema, options, `take the ${name}`, arguments.length - 3);
  const { reduction = "mean", ignoreIndex = -100 } = options;
  return tidyNow(() => {
    const [log, indices, single] = asBatch(name, input, target);
    const weight = weightsOf(name, options.weight, log);
    const classes = classesOf(name, log, indices, ignoreIndex);
    const how = { name, weight, ignoreIndex, smoothing: 0, reduction };
    return asGiven(classLoss(log, null, classes, how), single, reduction);
  });
}

/**
 * The cross entropy between logits and classes: minus the log of the
 * probability that `softmax` gives to each sample's class. Targets may also be
 * probabilities of all classes.
 *
 * @param input Logits, `[N, C]`, `[N, C, ...]` or `[C]`.
 * @param target Class indices, int32: `[N]`, `[N, ...]` or `[]`. Or
 * probabilities of the shape of the logits.
 * @param options `reduction`, `weight`, `ignoreIndex` and `labelSmoothing`.
 * @throws {IndexError} If an index is not one of the classes. On devices that
 * cannot read without waiting, reading the loss throws.
 * @throws {DTypeError} If the indices are not int32.
 * @throws {ShapeError} If there is not one target for each sample.
 * @example Two classes, equally likely
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const classes = tensor([0, 1, 1], { dtype: "int32" });
 * const loss = functional.crossEntropy(zeros([3, 2]), classes);
 * assertAlmostEquals(await loss.item(), Math.LN2, 1e-6);
 * ```
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const name = "crossEntropy";
  checkOptions(
    crossEntropySchema,
    options,
    `take the ${name}`,
    arguments.length - 3,
  );
  const { reduction = "mean", ignoreIndex = -100 } = options;
  const smoothing = options.labelSmoothing ?? 0;
  return tidyNow(() => {
    const [logits, given, single] = asBatch(name, input, target);
    const weight = weightsOf(name, options.weight, logits);
    if (isFloating(given.dtype)) {
      const loss = ofProbabilities(logits, given, weight, smoothing, reduction);
      return asGiven(loss, single, reduction);
    }
    const classes = classesOf(name, logits, given, ignoreIndex);
    const how = { name, weight, ignoreIndex, smoothing, reduction };
    return asGiven(lossOfLogits(logits, classes, how), single, reduction);
  });
}

const { mul } = expr;

/**
 * Inputs: log-probabilities, probabilities and, where there are, weights.
 * Scalars: the share of the target, the share of every class.
 */
const entropy = /* @__PURE__ */ fused(
  "crossEntropy",
  ([log, p, weight], [own, every]) => {
    const wanted = call("add", mul(p, own), every);
    const loss = call("neg", mul(wanted, log));
    return weight ? mul(loss, weight) : loss;
  },
  { scalars: 2 },
);

/** The cross entropy between logits and probabilities, both `[N, C, ...]`. */
function ofProbabilities(
  logits: Tensor,
  target: Tensor,
  weight: Tensor | null,
  smoothing: number,
  reduction: Reduction,
): Tensor {
  const [from, to] = [logits.shape, target.shape];
  if (from.length !== to.length || from.some((extent, d) => extent !== to[d])) {
    throw target.ndim === logits.ndim - 1
      ? new DTypeError(
        `Cannot take the crossEntropy as class indices must be int32: got ${target.dtype} of shape ${
          showShape(to)
        }, cast them with target.cast("int32")`,
      )
      : new ShapeError(
        `Cannot take the crossEntropy as probabilities must have the shape of the logits: got ${
          showShape(to)
        } for ${showShape(from)}`,
      );
  }
  const inputs = [logits.logSoftmax(1), target];
  if (weight) inputs.push(weight);
  const scalars = [1 - smoothing, smoothing / from[1]!];
  switch (reduction) {
    case "none":
      return entropy.sum(inputs, { dims: 1 }, scalars);
    case "sum":
      return entropy.sum(inputs, {}, scalars);
    case "mean": {
      const divisor = logits.size / from[1]!;
      return entropy.sum(inputs, { divisor }, scalars);
    }
  }
}
