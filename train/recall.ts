/**
 * Recall: the fraction of true samples that are predicted.
 *
 * @module
 */
import { checkCount } from "@tenfold/core/internal";
import type { ClassMetricOptions, Ratio } from "./_average.ts";
import { classFigure, classMetric, hasPredictions } from "./_class_metric.ts";
import type { Predictions } from "./_read_classes.ts";
import type { Metric } from "./metric.ts";

const ratio: Ratio = ({ hits, actual }) => [hits, actual];

/**
 * Recall: the fraction of the samples of a class that are predicted as it, TP /
 * (TP + FN). The scores of several classes are averaged as in scikit-learn's
 * `recall_score`.
 *
 * @param options `average`, `zeroDivision`, `classes` and `threshold`.
 * @returns The metric, for `fit` and `evaluate`.
 * @throws {RangeError} If an option has a wrong value.
 *
 * @example In evaluate, averaged over the classes
 * ```ts
 * import { nn, tensor, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const logits = tensor([[2, 1, 0], [0, 1, 0], [0, 0, 1]]);
 * const classes = tensor([0, 1, 2], { dtype: "int32" });
 * const figures = await train.evaluate(new nn.Identity(), [[logits, classes]], {
 *   metrics: [train.recall({ average: "macro" })],
 * });
 * assertEquals(figures.recall, 1);
 * ```
 */
export function recall(options?: ClassMetricOptions): Metric;
/**
 * Recall of given predictions, in tensors or arrays.
 *
 * @param predictions Class numbers, or scores with the classes along dim 1.
 * @param targets The true class numbers.
 * @param options `average`, `zeroDivision`, `classes` and `threshold`.
 * @returns The score, from 0 to 1.
 * @throws {ShapeError} If the shapes of predictions and targets do not match.
 * @throws {RangeError} If the average is `"binary"` and there are more than
 * two classes.
 *
 * @example Of class numbers
 * ```ts
 * import { recall } from "@tenfold/train";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const figure = await recall([1, 1, 0, 1, 0], [1, 0, 0, 1, 1]);
 * assertAlmostEquals(figure, 2 / 3);
 * ```
 */
export function recall(
  predictions: Predictions,
  targets: Predictions,
  options?: ClassMetricOptions,
): Promise<number>;
export function recall(
  first: Predictions | ClassMetricOptions = {},
  targets?: Predictions,
  options: ClassMetricOptions = {},
): Metric | Promise<number> {
  checkCount("recall", arguments.length, 3);
  return hasPredictions(first, targets, "compute recall")
    ? classFigure("recall", ratio, first, targets!, options)
    : classMetric("recall", ratio, first as ClassMetricOptions);
}
