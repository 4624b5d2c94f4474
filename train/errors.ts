/**
 * The errors of the train package.
 *
 * @module
 */

/**
 * The batches of an epoch could not be read: the message says in which epoch
 * and before which step, and the `cause` is the error of the dataset or the
 * loader.
 *
 * @example A dataset that fails
 * ```ts
 * import { nn, optim, tensor, train } from "@tenfold/tenfold";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const model = new nn.Linear(1, 1);
 * function* batches() {
 *   yield [tensor([[1]]), tensor([[2]])];
 *   throw new Error("the disk is gone");
 * }
 * const error = await assertRejects(() =>
 *   train.fit(model, {
 *     loss: nn.functional.mseLoss,
 *     optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
 *     train: batches(),
 *     epochs: 1,
 *     progress: false,
 *   }), train.BatchError, "the disk is gone");
 * assertEquals(error.batch, 1);
 * ```
 */
export class BatchError extends Error {
  /** Always `"BatchError"`. */
  override name = "BatchError";
  /** The epoch, from 1 on; 0 in `evaluate`. */
  readonly epoch: number;
  /** How many batches of the epoch came before. */
  readonly batch: number;

  /**
   * Names the place.
   *
   * @param message What failed.
   * @param place The epoch and the batches before.
   * @param cause The error of the dataset or the loader.
   */
  constructor(
    message: string,
    place: { epoch: number; batch: number },
    cause: unknown,
  ) {
    super(message, { cause });
    this.epoch = place.epoch;
    this.batch = place.batch;
  }
}

/**
 * A checkpoint that does not fit: of another model, of another training setup,
 * or not a checkpoint at all. Nothing has been changed when it is thrown.
 *
 * @example A file of another model
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { nn, train } from "@tenfold/tenfold";
 *
 * const path = `${await Deno.makeTempDir()}/run.safetensors`;
 * await train.saveCheckpoint(path, { model: new nn.Linear(2, 1) });
 * await assertRejects(
 *   () => train.loadCheckpoint(path, { model: new nn.Linear(3, 1) }),
 *   train.CheckpointError,
 * );
 * ```
 */
export class CheckpointError extends RangeError {
  /** Always `"CheckpointError"`. */
  override name = "CheckpointError";
}

/**
 * Thrown where a loss or a gradient is NaN or infinite and `onNonFinite` is
 * `"throw"`. The parameters are as they were before that step.
 *
 * @example A loss that is NaN
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { nn, optim, tensor, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(1, 1);
 * const error = await assertRejects(
 *   () =>
 *     train.fit(model, {
 *       loss: nn.functional.mseLoss,
 *       optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
 *       train: [[tensor([[NaN]]), tensor([[1]])]],
 *       epochs: 1,
 *       onNonFinite: "throw",
 *       progress: false,
 *     }),
 *   train.NonFiniteError,
 * );
 * assertEquals([error.epoch, error.step], [1, 1]);
 * ```
 */
export class NonFiniteError extends RangeError {
  /** Always `"NonFiniteError"`. */
  override name = "NonFiniteError";
  /** The epoch, from 1 on. */
  readonly epoch: number;
  /** The step since training began, from 1 on. */
  readonly step: number;

  /**
   * Names the place.
   *
   * @param message What is not finite.
   * @param place The epoch and the step.
   */
  constructor(message: string, place: { epoch: number; step: number }) {
    super(message);
    this.epoch = place.epoch;
    this.step = place.step;
  }
}
