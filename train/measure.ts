/**
 * A metric of given predictions.
 *
 * @module
 */
import { scope, type Tensor } from "@tenfold/core";
import { checkCount, noGradNow } from "@tenfold/core/internal";
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
  const inner = scope();
  let sums: ReturnType<Tensor["data"]>;
  try {
    // The read begins while the tensor is there.
    sums = noGradNow(() => metric.statistics(output, target)).data();
  } finally {
    inner.dispose();
  }
  const samples = target.shape[0] ?? 1;
  return metric.compute(await sums, { samples, elements: target.size });
}
