/**
 * Running statistics measured anew.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { noGradNow, parseArguments, tidyNow } from "@tenfold/core/internal";
import type { Dataset } from "@tenfold/data";
import { BatchNorm, type Buffer } from "@tenfold/nn";
import * as z from "./_zod.ts";
import { batchesOf, inputsOf } from "./_inputs.ts";
import { iterate } from "./_iterate.ts";
import { withOwnModes } from "./_modes.ts";
import { flag, positiveInt } from "./_options.ts";
import { AveragedModel, wrappedBy } from "./averaged_model.ts";
import type { Batches } from "./batches.ts";
import type { Model } from "./model.ts";

/**
 * Options of {@linkcode updateBn}.
 *
 * @example A hundred samples at a time
 * ```ts
 * import { nn, randn, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Sequential(new nn.BatchNorm1d(4));
 * const options: train.UpdateBnOptions = { batchSize: 100 };
 * await train.updateBn(randn([500, 4]), model, options);
 * ```
 */
export interface UpdateBnOptions {
  /** Number of samples in a batch, where data is not in batches. @default {256} */
  readonly batchSize?: number;
  /**
   * Whether batches end with targets, which the model does not take.
   *
   * @default {true for batches of several tensors}
   */
  readonly hasTargets?: boolean;
}

const schema = () =>
  z.strictObject({
    batchSize: z._default(positiveInt, 256),
    hasTargets: z.optional(flag),
  });

/** A layer with its running statistics. */
interface Norm {
  readonly layer: { momentum: number | null };
  readonly mean: Buffer;
  readonly variance: Buffer;
  readonly count: Buffer;
}

/** The layers in a model that keep running statistics. */
function normsOf(model: Model): Norm[] {
  const averaged = model instanceof AveragedModel ? model : null;
  const within = averaged ? wrappedBy(averaged) : model;
  const norms: Norm[] = [];
  for (const [name, layer] of within.namedModules()) {
    if (!(layer instanceof BatchNorm)) continue;
    const { running_mean, running_var, num_batches_tracked } = layer;
    if (!running_mean || !running_var || !num_batches_tracked) continue;
    const prefix = name === "" ? "" : `${name}.`;
    const of = (buffer: string, own: Buffer): Buffer =>
      (averaged?.module[prefix + buffer] ?? own) as Buffer;
    norms.push({
      layer,
      mean: of("running_mean", running_mean),
      variance: of("running_var", running_var),
      count: of("num_batches_tracked", num_batches_tracked),
    });
  }
  return norms;
}

/**
 * Recomputes the running means and variances of all `BatchNorm` layers of a
 * model as plain averages over the batches: for averaged weights, with which no
 * batch was computed so far. The model runs in training mode, without
 * gradients; modes and weights are as before afterwards.
 *
 * @param source Inputs, `[samples, …]`; a dataset; or batches, such as a
 * `DataLoader`.
 * @param model The model, such as an {@linkcode AveragedModel}.
 * @param options `batchSize` and `hasTargets`.
 * @throws {BatchError} If the dataset or the loader fails.
 * @throws {TypeError} If `source` is none of these, or a batch is not a list of
 * tensors.
 *
 * @example After stochastic weight averaging
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor, train } from "@tenfold/tenfold";
 *
 * const model = new nn.BatchNorm1d(1);
 * const averaged = new train.AveragedModel(model);
 * averaged.updateParameters();
 * await train.updateBn(tensor([[1], [3]]), averaged);
 * assertEquals(await averaged.module.running_mean?.toArray(), [2]);
 * ```
 */
export async function updateBn(
  source: Tensor | Dataset | Batches,
  model: Model,
  options: UpdateBnOptions = {},
): Promise<void> {
  const operation = "updateBn";
  const { batchSize, hasTargets } = parseArguments(
    schema,
    { source, model },
    options,
    arguments,
    operation,
  );
  const batches = batchesOf(source, batchSize, operation);
  const norms = normsOf(model);
  if (norms.length === 0) return;
  for (const { mean, variance, count } of norms) {
    noGradNow(() => {
      mean.fill_(0);
      variance.fill_(1);
      count.fill_(0);
    });
  }
  await withOwnModes(model, async (task) => {
    model.train();
    for await (const batch of iterate(batches, operation, 0)) {
      const inputs = inputsOf(batch, hasTargets, operation);
      task.pin(() => noGradNow(() => measure(model, norms, inputs)));
    }
  });
}

/** One pass, in which every batch counts the same. */
function measure(
  model: Model,
  norms: readonly Norm[],
  inputs: readonly Tensor[],
): void {
  const before = norms.map(({ layer }) => layer.momentum);
  for (const { layer } of norms) layer.momentum = null;
  try {
    tidyNow(() => void model.forward(...inputs as never[]));
  } finally {
    norms.forEach(({ layer }, i) => layer.momentum = before[i]!);
  }
}
