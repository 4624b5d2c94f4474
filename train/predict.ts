/**
 * Outputs of a model.
 *
 * @module
 */
import { cat, type Tensor } from "@tenfold/core";
import {
  noGradNow,
  parseArguments,
  tidyNow,
  unscopedNow,
} from "@tenfold/core/internal";
import type { Dataset } from "@tenfold/data";
import * as z from "./_zod.ts";
import { batchesOf, inputsOf } from "./_inputs.ts";
import { iterate } from "./_iterate.ts";
import { loadCompile } from "./_load_compile.ts";
import { withOwnModes } from "./_modes.ts";
import { flag, positiveInt } from "./_options.ts";
import { Pace } from "./_pace.ts";
import type { Batch, Batches } from "./batches.ts";
import type { Model } from "./model.ts";

/**
 * Options of {@linkcode predict}.
 *
 * @example A thousand samples at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn, train } from "@tenfold/tenfold";
 *
 * const options: train.PredictOptions = { batchSize: 1000 };
 * const model = new nn.Linear(2, 1);
 * const output = await train.predict(model, randn([2500, 2]), options);
 * assertEquals(output.shape, [2500, 1]);
 * ```
 */
export interface PredictOptions {
  /** Number of samples in a batch, where data is not in batches. @default {256} */
  batchSize?: number;
  /**
   * Whether batches end with targets, which the model does not take.
   *
   * @default {true for batches of several tensors}
   */
  hasTargets?: boolean;
  /** Whether to compile the forward pass. @default {false} */
  compile?: boolean;
}

const optionsSchema = () =>
  z.strictObject({
    batchSize: z._default(positiveInt, 256),
    hasTargets: z.optional(flag),
    compile: z._default(flag, false),
  });

/**
 * The outputs of a model for all samples, in their order, without gradients and in
 * evaluation mode; the modes of the modules are as before afterwards.
 *
 * @param model The model.
 * @param source Inputs, `[samples, …]`; a dataset; or batches, such as a
 * `DataLoader` without `shuffle`.
 * @param options `batchSize`, `hasTargets` and `compile`.
 * @returns The outputs, `[samples, …]`.
 * @throws {BatchError} If the dataset or the loader fails.
 * @throws {RangeError} If there is no sample.
 * @throws {TypeError} If `source` is none of these, or a batch is not a list of
 * tensors.
 *
 * @example The class of each sample
 * ```ts
 * import { data, nn, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const iris = await data.loadIris();
 * const logits = await train.predict(new nn.Linear(4, 3), iris.data);
 * assertEquals(logits.shape, [150, 3]);
 * assertEquals(logits.argmax(1).shape, [150]);
 * ```
 */
export async function predict(
  model: Model,
  source: Tensor | Dataset | Batches,
  options: PredictOptions = {},
): Promise<Tensor> {
  const operation = "predict";
  const { batchSize, hasTargets, compile } = parseArguments(
    optionsSchema,
    { model, source },
    options,
    arguments,
    operation,
  );
  const batches = batchesOf(source, batchSize, operation);
  const outputs: Tensor[] = [];
  const pace = new Pace();
  let run = (...inputs: Tensor[]): Tensor =>
    model.forward(...inputs as never[]);
  let release = () => {};
  const look = (batch: Batch) => {
    const inputs = inputsOf(batch, hasTargets, operation);
    // An output that is an input, or a view of one, goes with its batch.
    outputs.push(unscopedNow(() => tidyNow(() => run(...inputs).clone())));
  };
  try {
    await withOwnModes(model, async (task) => {
      model.eval();
      if (compile) {
        const compiled = (await loadCompile(model))(run);
        run = compiled;
        release = () => compiled.dispose();
      }
      for await (const batch of iterate(batches, operation, 0)) {
        task.pin(() => noGradNow(() => look(batch)));
        if (pace.due) await pace.breathe(outputs.at(-1)!.device);
      }
    });
    if (outputs.length === 0) {
      throw new RangeError("Cannot predict as there is no sample");
    }
    return noGradNow(() => cat(outputs));
  } finally {
    release();
    for (const output of outputs) output.dispose();
  }
}
