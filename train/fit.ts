/**
 * The training loop.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount } from "@tenfold/core/internal";
import type { GradScaler } from "@tenfold/optim";
import { fitSettings } from "./_fit_options.ts";
import type { Batches } from "./batches.ts";
import type { Callback } from "./callback.ts";
import type { DistributedOptions, Distributing } from "./distributing.ts";
import type { History } from "./history.ts";
import type { Metrics } from "./metric.ts";
import type { Optimizing, SchedulerOptions, Scheduling } from "./optimizing.ts";
import type { Model } from "./model.ts";

/**
 * A loss: a function of output and target, or a module such as `MSELoss`.
 *
 * @example Any function of output and target
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const loss: train.Loss = (output, target) => output.sub(target).abs().mean();
 * ```
 */
export type Loss =
  | ((output: Tensor, target: Tensor) => Tensor)
  | { forward(output: Tensor, target: Tensor): Tensor };

/**
 * Options of {@linkcode fit}.
 *
 * @example One epoch without a progress bar
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, optim, randn, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(2, 1);
 * const batches = [[randn([8, 2]), randn([8, 1])]];
 * const options: train.FitOptions = {
 *   loss: nn.functional.mseLoss,
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
 *   train: batches,
 *   epochs: 1,
 *   progress: false,
 * };
 * const history = await train.fit(model, options);
 * assertEquals(history.epochs.length, 1);
 * ```
 */
export interface FitOptions {
  /** The loss to minimise: the mean over the samples of a batch. */
  loss: Loss;
  /** The optimizer. */
  optimizer: Optimizing;
  /** Training batches, `[inputs, targets]` each. */
  train: Batches;
  /** Validation batches, evaluated after each epoch. */
  validation?: Batches;
  /** Number of epochs in all, those before a resume included. */
  epochs: number;
  /** Metrics to compute on training and validation batches. */
  metrics?: Metrics;
  /**
   * The learning-rate schedule. It steps after each epoch, `OneCycleLR` and
   * `CyclicLR` after each step; `{ schedule, every, monitor }` says otherwise.
   */
  scheduler?: Scheduling | SchedulerOptions;
  /**
   * Callbacks, called in this order: `earlyStopping`, `checkpoint`, or your own.
   *
   * @default {[]}
   */
  callbacks?: readonly Callback[];
  /**
   * Maximum 2-norm of all gradients together; they are clipped to it before each
   * step.
   */
  clipGradNorm?: number;
  /**
   * Number of batches whose gradients make one step of the optimizer: what a
   * batch of that many times the samples would give, in the memory of one. The
   * last step of an epoch takes those that are left. Callbacks, schedules and
   * checkpoints count steps.
   *
   * @default {1}
   */
  accumulate?: number;
  /**
   * What to do where the loss is NaN or infinite.
   *
   * - `"warn"` says so once, with the step, at the end of the epoch at the
   *   latest, and goes on; nothing is read for it.
   * - `"throw"` ends with a {@linkcode NonFiniteError} before the optimizer has
   *   stepped, so that the parameters stay as they were.
   * - `"skip"` leaves out the steps of the optimizer in which the loss or a
   *   gradient is not finite, with their figures, and says so once; of batches
   *   that are accumulated, those before it are left out with it. What the
   *   forward pass has put into buffers, such as the running figures of batch
   *   norm, is taken back.
   *
   * `"throw"` and `"skip"` look at the loss and all gradients in each step,
   * which costs a read of the device.
   *
   * @default {"warn"}
   */
  onNonFinite?: "warn" | "throw" | "skip";
  /**
   * Ends training between two steps once it is aborted: `fit` throws the
   * signal's reason. Checkpoints that were saved stay, and the parameters are
   * those of the last step.
   */
  signal?: AbortSignal;
  /**
   * Whether to show progress: a line for each epoch, and on a terminal a bar
   * below them.
   *
   * @default {true}
   */
  progress?: boolean;
  /**
   * Whether to compile the step: the first batch of each shape is recorded,
   * later ones are replayed with fused kernels. Small nets train several times
   * as fast; a model or loss that reads values cannot be compiled. Where each
   * step takes one batch and no callback reads gradients, parameters have no
   * `grad` after a step, and not all gradients are in memory at once.
   *
   * @default {false}
   */
  compile?: boolean;
  /**
   * Whether to train in mixed precision: the forward pass and the loss within
   * `autocast`, and the loss scaled by a `GradScaler`, which may be passed, such
   * as one with a state. Steps whose gradients are not finite are left out, so
   * that each step reads the device. Validation is in the dtype of the model.
   * A checkpoint holds the state of the scaler, which a resumed run goes on
   * with, also where a scaler is passed.
   *
   * @default {false}
   */
  mixedPrecision?: boolean | GradScaler;
  /**
   * The ranks that train together: the world that `init` of
   * `@tenfold/distributed` returns, `{ world, shardOptimizer, broadcastBuffers,
   * bucketBytes }`, or a `DistributedDataParallel` of this model. Gradients are averaged over the ranks, figures are those of all of
   * them, and rank 0 alone shows progress and writes checkpoints. The batches
   * are those of this rank: a `DistributedSampler` divides a data set.
   */
  distributed?: Distributing | DistributedOptions;
}

/**
 * Trains a model: for each epoch one step of the optimizer on each batch, then
 * the validation. Each step has a scope of its own, so that nothing is left
 * behind, and nothing is read from the device before an epoch is over (on a
 * terminal, a few times a second for the bar). The modes of the modules are as
 * before afterwards, also where training fails.
 *
 * @param model The model; its `forward` takes what a batch has before the
 * targets.
 * @param options The loss, the optimizer, the data, and what else to do.
 * @returns The loss and metrics of each epoch.
 * @throws {BatchError} If the dataset or the loader fails; it says where.
 * @throws {NonFiniteError} If the loss or a gradient is not finite and
 * `onNonFinite` is `"throw"`, or it is `"skip"` and no step of an epoch was left.
 * @throws {DeviceError} If the device was lost, such as a GPU: training cannot
 * go on in this process's tensors; the message says from where a new run can.
 * @throws {CompileError} If `compile` is asked for and a step reads values.
 * @throws {DOMException} `AbortError`, or the reason that was given, if `signal`
 * is aborted.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If an option has a wrong value, or there is no batch to train
 * or to validate on.
 *
 * @example Three kinds of iris
 * ```ts
 * import { data, manualSeed, nn, optim, train } from "@tenfold/tenfold";
 * import { assert } from "@std/assert";
 *
 * manualSeed(0);
 * const iris = await data.loadIris();
 * const dataset = new data.TensorDataset(iris.data, iris.target);
 * const model = new nn.Sequential(
 *   new nn.Linear(4, 16),
 *   new nn.ReLU(),
 *   new nn.Linear(16, 3),
 * );
 * await train.fit(model, {
 *   loss: nn.functional.crossEntropy,
 *   optimizer: new optim.Adam(model.parameters(), { lr: 0.02 }),
 *   train: new data.DataLoader(dataset, {
 *     batchSize: 25,
 *     shuffle: true,
 *     seed: 0,
 *   }),
 *   epochs: 20,
 *   metrics: [train.accuracy()],
 *   progress: false,
 * });
 * assert(await train.accuracy(model.forward(iris.data), iris.target) > 0.9);
 * ```
 */
export async function fit(
  model: Model,
  options: FitOptions,
): Promise<History> {
  checkCount("fit", arguments.length, 2);
  const settings = fitSettings(options, "fit");
  const { Training } = await import("./_training.ts");
  return await new Training(model, settings).run();
}
