/**
 * Recall: how much of what is true was predicted.
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
 * Recall, the share of the samples of a class that were predicted as it: TP /
 * (TP + FN). Several classes become one figure as in scikit-learn's
 * `recall_score`.
 *
 * @param options How the classes become one figure.
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
 * Recall of predictions that are all there, in tensors or arrays.
 *
 * @param predictions Class numbers, or scores with the classes along dim 1.
 * @param targets The true class numbers.
 * @param options How the classes become one figure.
 * @returns The figure, from 0 to 1.
 * @throws {ShapeError} If the shapes do not belong together.
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
