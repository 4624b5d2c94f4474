/**
 * A metric of given predictions.
 *
 * @module
 */
import { noGrad, scope, type Tensor } from "@tenfold/core";
import { checkCount } from "@tenfold/core/internal";
import type { Metric } from "./metric.ts";

/**
 * The value of a metric for given predictions.
 *
 * @param metric The metric.
 * @param output The output of a model.
 * @param target The targets.
 * @returns The value of the metric.
 *
 * @example The weighted F1 of some scores
 * ```ts
 * import { tensor, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const scores = tensor([[0.9, 0.1], [0.2, 0.8]]);
 * const classes = tensor([0, 1], { dtype: "int32" });
 * const metric = train.f1({ average: "weighted" });
 * assertEquals(await train.measure(metric, scores, classes), 1);
 * ```
 */
export async function measure(
  metric: Metric,
  output: Tensor,
  target: Tensor,
): Promise<number> {
  checkCount("measure", arguments.length, 3);
  const sums = (() => {
    using _scope = scope();
    using _ = noGrad();
    // The read begins while the tensor is there.
    return metric.statistics(output, target).data();
  })();
  const samples = target.shape[0] ?? 1;
  return metric.compute(await sums, { samples, elements: target.size });
}
