/**
 * Precision: the fraction of predicted positives that are true.
 *
 * @module
 */
import { checkCount } from "@tenfold/core/internal";
import type { ClassMetricOptions, Ratio } from "./_average.ts";
import { classFigure, classMetric, hasPredictions } from "./_class_metric.ts";
import type { Predictions } from "./_read_classes.ts";
import type { Metric } from "./metric.ts";

const ratio: Ratio = ({ hits, predicted }) => [hits, predicted];

/**
 * Precision: the fraction of the predictions of a class that are true, TP / (TP +
 * FP). The scores of several classes are averaged as in scikit-learn's
 * `precision_score`.
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
 *   metrics: [train.precision({ average: "macro" })],
 * });
 * assertEquals(figures.precision, 1);
 * ```
 */
export function precision(options?: ClassMetricOptions): Metric;
/**
 * Precision of given predictions, in tensors or arrays.
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
 * import { precision } from "@tenfold/train";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const figure = await precision([1, 1, 0, 1, 0], [1, 0, 0, 1, 1]);
 * assertAlmostEquals(figure, 2 / 3);
 * ```
 */
export function precision(
  predictions: Predictions,
  targets: Predictions,
  options?: ClassMetricOptions,
): Promise<number>;
export function precision(
  first: Predictions | ClassMetricOptions = {},
  targets?: Predictions,
  options: ClassMetricOptions = {},
): Metric | Promise<number> {
  checkCount("precision", arguments.length, 3);
  return hasPredictions(first, targets, "compute precision")
    ? classFigure("precision", ratio, first, targets!, options)
    : classMetric("precision", ratio, first as ClassMetricOptions);
}
