/**
 * The interface of metrics.
 *
 * @module
 */
import type { Tensor, TypedArray } from "@tenfold/core";

/**
 * Number of samples that a metric has seen.
 *
 * @example The mean over all elements
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * function mean(sum: number, counts: train.Counts): number {
 *   return sum / counts.elements;
 * }
 * ```
 */
export interface Counts {
  /** Number of rows of the targets. */
  readonly samples: number;
  /** Elements of the targets: equal to the samples for one class each. */
  readonly elements: number;
}

/**
 * A metric over all samples of an epoch, in two parts: statistics that are summed
 * on the device, batch by batch, and a function of these sums. So it does not
 * depend on how samples are divided into batches, and costs one read per epoch.
 *
 * @example The largest class, as a custom metric
 * ```ts
 * import { type Metric, measure } from "@tenfold/train";
 * import { tensor } from "@tenfold/tenfold";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const rootMeanSquare: Metric = {
 *   name: "rootMeanSquare",
 *   statistics: (output, target) => output.sub(target).square().sum(),
 *   compute: ([sum = 0], { elements }) => Math.sqrt(sum / elements),
 * };
 * const figure = await measure(rootMeanSquare, tensor([1, 5]), tensor([1, 2]));
 * assertAlmostEquals(figure, Math.sqrt(9 / 2), 1e-6);
 * ```
 */
export interface Metric {
  /** The name in the history. */
  readonly name: string;
  /**
   * The statistics of one batch: a small tensor, of the same shape each time. It
   * is called in a scope and without gradients.
   */
  statistics(output: Tensor, target: Tensor): Tensor;
  /** The value of the metric, from the summed statistics of all batches. */
  compute(sums: TypedArray, counts: Counts): number;
}

/**
 * A metric as a plain function: a scalar tensor for each batch, averaged over
 * the batches by their number of samples.
 *
 * @example The mean absolute error
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const mae: train.MetricFunction = (output, target) =>
 *   output.sub(target).abs().mean();
 * ```
 */
export type MetricFunction = (output: Tensor, target: Tensor) => Tensor;

/**
 * Metrics as a list, or by their names in the history.
 *
 * @example Two metrics, one of them with a name of its own
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const metrics: train.Metrics = {
 *   accuracy: train.accuracy(),
 *   confidence: (output) => output.softmax(1).max(1).mean(),
 * };
 * ```
 */
export type Metrics =
  | readonly Metric[]
  | { readonly [name: string]: Metric | MetricFunction };
