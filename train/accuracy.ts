/**
 * Accuracy: the fraction of correct predictions.
 *
 * @module
 */
import { checkCount, parseOptions } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { hasPredictions } from "./_class_metric.ts";
import { classesOf } from "./_classes.ts";
import { type Predictions, readClasses } from "./_read_classes.ts";
import type { Metric } from "./metric.ts";

/**
 * Options of {@linkcode accuracy}.
 *
 * @example Logits of one output
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, train } from "@tenfold/tenfold";
 *
 * const logits = tensor([-2, 0.3, 1.5]);
 * const options: train.AccuracyOptions = { threshold: 0 };
 * const targets = tensor([0, 1, 1]);
 * assertEquals(await train.accuracy(logits, targets, options), 1);
 * ```
 */
export interface AccuracyOptions {
  /**
   * Threshold above which a score means class 1, for models with one score for
   * each sample: 0 for logits, 0.5 for probabilities.
   */
  threshold?: number;
}

const optionsSchema = z.strictObject({
  threshold: z.optional(z.number("must be a number")),
});

const operation = "compute accuracy";

/**
 * Accuracy: the fraction of predictions that are correct.
 *
 * @param options `threshold`, for models with one score for each sample.
 * @returns The metric, for `fit` and `evaluate`.
 *
 * @example In evaluate
 * ```ts
 * import { nn, tensor, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const logits = tensor([[2, 1], [3, 0], [0, 1], [1, 2]]);
 * const classes = tensor([0, 1, 1, 1], { dtype: "int32" });
 * const figures = await train.evaluate(
 *   new nn.Identity(),
 *   [[logits, classes]],
 *   {
 *     metrics: [train.accuracy()],
 *   },
 * );
 * assertEquals(figures.accuracy, 0.75);
 * ```
 */
export function accuracy(options?: AccuracyOptions): Metric;
/**
 * The accuracy of given predictions, in tensors or arrays.
 *
 * @param predictions Class numbers, or scores with the classes along dim 1.
 * @param targets The true class numbers.
 * @param options `threshold`, for models with one score for each sample.
 * @returns The accuracy, from 0 to 1; NaN where there is no sample.
 * @throws {ShapeError} If the shapes of predictions and targets do not match.
 *
 * @example Of logits and classes
 * ```ts
 * import { tensor, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const logits = tensor([[2, 1], [3, 0], [0, 1], [1, 2]]);
 * const classes = tensor([0, 1, 1, 1], { dtype: "int32" });
 * assertEquals(await train.accuracy(logits, classes), 0.75);
 * ```
 */
export function accuracy(
  predictions: Predictions,
  targets: Predictions,
  options?: AccuracyOptions,
): Promise<number>;
export function accuracy(
  first: Predictions | AccuracyOptions = {},
  targets?: Predictions,
  options: AccuracyOptions = {},
): Metric | Promise<number> {
  checkCount("accuracy", arguments.length, 3);
  return hasPredictions(first, targets, operation)
    ? ofAll(first, targets!, options)
    : ofEpoch(first as AccuracyOptions);
}

function ofEpoch(options: AccuracyOptions): Metric {
  const { threshold } = parseOptions(optionsSchema, options, operation);
  return {
    name: "accuracy",
    statistics(output, target) {
      const found = classesOf(output, target, threshold, operation);
      return found.predicted.eq(found.actual).sum();
    },
    compute: ([right], { elements }) => right! / elements,
  };
}

async function ofAll(
  predictions: Predictions,
  targets: Predictions,
  options: AccuracyOptions,
): Promise<number> {
  const { threshold } = parseOptions(optionsSchema, options, operation);
  const { predicted, actual } = await readClasses(
    predictions,
    targets,
    threshold,
    operation,
  );
  let right = 0;
  for (let i = 0; i < actual.length; i++) {
    if (predicted[i] === actual[i]) right++;
  }
  return right / actual.length;
}
