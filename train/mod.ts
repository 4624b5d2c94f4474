/**
 * Training: the loop `fit`, metrics, callbacks that stop early and save
 * checkpoints, and a history that draws its curves.
 *
 * @example Learn from the embedded digits, and look at the outcome
 * ```ts
 * import { data, manualSeed, nn, optim, train } from "@tenfold/tenfold";
 * import { assert } from "@std/assert";
 *
 * manualSeed(0);
 * const digits = await data.loadDigits();
 * const [learn, test] = data.trainTestSplit(
 *   new data.TensorDataset(digits.data.div(16), digits.target),
 *   { testSize: 0.2, stratify: await digits.target.data(), seed: 0 },
 * );
 * const model = new nn.Sequential(
 *   new nn.Linear(64, 32),
 *   new nn.ReLU(),
 *   new nn.Linear(32, 10),
 * );
 * const history = await train.fit(model, {
 *   loss: nn.functional.crossEntropy,
 *   optimizer: new optim.Adam(model.parameters(), { lr: 0.01 }),
 *   train: new data.DataLoader(learn, { batchSize: 64, shuffle: true, seed: 0 }),
 *   validation: new data.DataLoader(test, { batchSize: 360 }),
 *   epochs: 3,
 *   metrics: [train.accuracy()],
 *   progress: false,
 * });
 * assert((history.last?.validation?.accuracy ?? 0) > 0.8);
 * ```
 *
 * @module
 */
export * from "./accuracy.ts";
export {
  AveragedModel,
  type AveragedModelOptions,
  type AverageFunction,
} from "./averaged_model.ts";
export type * from "./batches.ts";
export type * from "./callback.ts";
export type {
  DistributedOptions,
  Distributing,
  Replica,
  ReplicaOptions,
  ShardedOptimizing,
} from "./distributing.ts";
export * from "./checkpoint.ts";
export * from "./confusion_matrix.ts";
export * from "./confusion_matrix_svg.ts";
export * from "./early_stopping.ts";
export * from "./errors.ts";
export * from "./evaluate.ts";
export * from "./f1.ts";
export * from "./feature_maps.ts";
export * from "./fit.ts";
export {
  type ChartOptions,
  type EpochRecord,
  type Figures,
  History,
} from "./history.ts";
export * from "./histograms_svg.ts";
export * from "./image_grid.ts";
export * from "./in_worker.ts";
export * as loggers from "./loggers/mod.ts";
export * from "./lr_finder.ts";
export * from "./measure.ts";
export type * from "./metric.ts";
export * from "./multilabel.ts";
export type { Model } from "./model.ts";
export type * from "./optimizing.ts";
export * from "./precision.ts";
export * from "./predict.ts";
export * from "./ranking_metrics.ts";
export * from "./recall.ts";
export * from "./regression_metrics.ts";
export * from "./save_checkpoint.ts";
export * from "./score_metrics.ts";
export * from "./summary.ts";
export {
  fromTransferable,
  toTransferable,
  type Transferable,
} from "@tenfold/data/internal";
export { updateBn, type UpdateBnOptions } from "./update_bn.ts";
export {
  type WeightAverage,
  weightAverage,
  type WeightAverageOptions,
} from "./weight_average.ts";
export * from "./worker_job.ts";
export type { WebWorker } from "@tenfold/data/internal";
export type { Average, ClassMetricOptions } from "./_average.ts";
export type { Values } from "./_figures.ts";
export type { Predictions } from "./_read_classes.ts";
