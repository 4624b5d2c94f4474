/**
 * Evaluation of a model.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { Assessor } from "./_assess.ts";
import { lossFunction, lossOption } from "./_fit_options.ts";
import { flag, passing } from "./_options.ts";
import { listMetrics } from "./_metrics.ts";
import type { Batches } from "./batches.ts";
import type { Loss } from "./fit.ts";
import type { Figures } from "./history.ts";
import type { Metrics } from "./metric.ts";
import type { Model } from "./model.ts";

/**
 * Options of {@linkcode evaluate}.
 *
 * @example Loss and accuracy
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn, tensor, train } from "@tenfold/tenfold";
 *
 * const options: train.EvaluateOptions = {
 *   loss: nn.functional.crossEntropy,
 *   metrics: [train.accuracy()],
 * };
 * const model = new nn.Linear(2, 3);
 * const batch = [randn([4, 2]), tensor([0, 1, 2, 0], { dtype: "int32" })];
 * const figures = await train.evaluate(model, [batch], options);
 * assertEquals(Object.keys(figures), ["loss", "accuracy"]);
 * ```
 */
export interface EvaluateOptions {
  /** The loss function, whose mean is returned as `loss`. */
  loss?: Loss;
  /** Metrics to compute. */
  metrics?: Metrics;
  /**
   * Whether to compile the forward pass, as {@linkcode fit} does.
   *
   * @default {false}
   */
  compile?: boolean;
}

const optionsSchema = z.strictObject({
  loss: z.optional(lossOption),
  metrics: z.optional(passing<Metrics>(
    (value) => typeof value === "object" && value !== null,
    "must be a list of metrics, or an object of them",
  )),
  compile: z._default(flag, false),
});

/**
 * Computes the loss and the metrics of a model on batches, without gradients
 * and in evaluation mode; the modes of the modules are as before afterwards.
 * Everything is summed on the device and read once at the end.
 *
 * @param model The model.
 * @param batches The batches, `[inputs, targets]` each.
 * @param options `loss`, `metrics` and `compile`.
 * @returns The loss and the metrics by name. The loss is the mean over the
 * samples.
 * @throws {BatchError} If the dataset or the loader fails.
 * @throws {TypeError} If an option or a batch is of the wrong type.
 * @throws {RangeError} If there is no batch.
 *
 * @example Loss and accuracy
 * ```ts
 * import { data, manualSeed, nn, tensor, train } from "@tenfold/tenfold";
 * import { assert } from "@std/assert";
 *
 * manualSeed(0);
 * const iris = await data.loadIris();
 * const dataset = new data.TensorDataset(iris.data, iris.target);
 * const figures = await train.evaluate(
 *   new nn.Linear(4, 3),
 *   new data.DataLoader(dataset, { batchSize: 50 }),
 *   { loss: nn.functional.crossEntropy, metrics: [train.accuracy()] },
 * );
 * const { loss = NaN, accuracy = NaN } = figures;
 * assert(loss > 0);
 * assert(accuracy >= 0 && accuracy <= 1);
 * ```
 */
export async function evaluate(
  model: Model,
  batches: Batches,
  options: EvaluateOptions,
): Promise<Figures> {
  const operation = "evaluate";
  const { loss, metrics, compile } = parseArguments(
    optionsSchema,
    { model, batches },
    options,
    arguments,
    operation,
  );
  const assessor = new Assessor(model, {
    loss: loss === undefined ? undefined : lossFunction(loss, operation),
    metrics: listMetrics(metrics, operation),
    compile,
  });
  try {
    return await assessor.run(batches, operation);
  } finally {
    assessor.dispose();
  }
}
