/**
 * Batch normalisation.
 *
 * @module
 */
import { ShapeError, type Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  noGradNow,
  parseArguments,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { emptyBuffer, emptyParameter } from "./_empty.ts";
import {
  flag,
  nonNegative,
  placeFields,
  placeOf,
  type PlaceOptions,
  positiveInteger,
  probability,
} from "./_options.ts";
import { normalizeBatch } from "./functional/batch_norm.ts";
import { constant_ } from "./init/plain.ts";
import { Module } from "./module.ts";
import type { Buffer, Parameter } from "./parameter.ts";

/**
 * Options of {@linkcode BatchNorm1d}, {@linkcode BatchNorm2d} and {@linkcode
 * BatchNorm3d}.
 *
 * @example A cumulative average of the statistics
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.BatchNormLayerOptions = { momentum: null };
 * const norm = new nn.BatchNorm2d(8, options);
 * ```
 */
export interface BatchNormLayerOptions extends PlaceOptions {
  /** Value added to the variance for numerical stability. @default {1e-5} */
  readonly eps?: number;
  /**
   * Weight of the newest batch in the running mean and variance; null for the
   * cumulative average over all batches.
   *
   * @default {0.1}
   */
  readonly momentum?: number | null;
  /** Whether the layer has a learnable weight and bias. @default {true} */
  readonly affine?: boolean;
  /** Whether a running mean and variance are kept for evaluation. @default {true} */
  readonly trackRunningStats?: boolean;
}

const schema = () =>
  z.strictObject({
    numFeatures: positiveInteger,
    eps: z._default(nonNegative, 1e-5),
    momentum: z._default(z.nullable(probability), 0.1),
    affine: z._default(flag, true),
    trackRunningStats: z._default(flag, true),
    ...placeFields,
  });

/**
 * The base class of batch normalisation layers.
 *
 * @example The running mean of any of them
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const mean = (norm: nn.BatchNorm) => norm.running_mean?.toArray();
 * assertEquals(await mean(new nn.BatchNorm2d(2)), [0, 0]);
 * ```
 */
export abstract class BatchNorm extends Module {
  /** Number of channels: the size of dim 1 of the input. */
  readonly numFeatures: number;
  /** Value added to the variance for numerical stability. */
  readonly eps: number;
  /** Weight of the newest batch in the running mean and variance, or null. */
  readonly momentum: number | null;
  /** The weight, of shape `[numFeatures]`, or null. */
  weight: Parameter | null;
  /** The bias, of shape `[numFeatures]`, or null. */
  bias: Parameter | null;
  /** The running mean, of shape `[numFeatures]`, or null. */
  running_mean: Buffer | null;
  /** The running variance, of shape `[numFeatures]`, or null. */
  running_var: Buffer | null;
  /** Number of batches seen in training (int32, 0-d), or null. */
  num_batches_tracked: Buffer | null;

  /** Creates a layer; `name` is for messages. */
  constructor(
    numFeatures: number,
    options: BatchNormLayerOptions,
    args: ArrayLike<unknown>,
    name: string,
  ) {
    super();
    const { eps, momentum, affine, trackRunningStats, ...place } =
      parseArguments(
        schema,
        { numFeatures },
        options,
        args,
        `make a ${name}`,
      );
    const where = placeOf(place);
    const shape = [numFeatures];
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? emptyParameter(shape, where, 1) : null;
    this.bias = affine ? emptyParameter(shape, where) : null;
    this.running_mean = trackRunningStats ? emptyBuffer(shape, where) : null;
    this.running_var = trackRunningStats ? emptyBuffer(shape, where, 1) : null;
    this.num_batches_tracked = trackRunningStats
      ? emptyBuffer([], { ...where, dtype: "int32" })
      : null;
  }

  /** Resets weight and bias to ones and zeros, and the running statistics. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    if (this.weight) constant_(this.weight, 1);
    if (this.bias) constant_(this.bias, 0);
    this.running_mean?.fill_(0);
    this.running_var?.fill_(1);
    this.num_batches_tracked?.fill_(0);
  }

  /** Checks the shape of an input. */
  protected abstract check(x: Tensor): void;

  /**
   * Normalises by the mean and variance of the batch in training, and where
   * there are no running ones; else by the running mean and variance.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", `apply ${this.constructor.name}`);
    this.check(x);
    const { running_mean, running_var, num_batches_tracked, eps } = this;
    const training = this.training || !running_mean || !running_var;
    const name = this.constructor.name;
    const tracks = this.training && num_batches_tracked !== null;
    if (tracks && this.momentum === null) {
      return withPlainMean.call(this, x, name);
    }
    const y = normalizeBatch(x, this.weight, this.bias, {
      runningMean: running_mean,
      runningVar: running_var,
      training,
      momentum: this.momentum ?? 0,
      eps,
    }, name);
    if (tracks) noGradNow(() => num_batches_tracked!.add_(1));
    return y;
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${this.numFeatures}, eps=${this.eps}, momentum=${this.momentum}, affine=${
      this.weight !== null
    }, trackRunningStats=${this.running_mean !== null}`;
  }
}

function refuse(layer: BatchNorm, x: Tensor, expected: string): never {
  throw new ShapeError(
    `Cannot apply ${layer.constructor.name} of ${layer.numFeatures} features to shape ${
      showShape(x.shape)
    }: expected ${expected}`,
  );
}

/**
 * Batch normalisation of inputs of shape `[n, features]` or
 * `[n, features, length]` (Ioffe and Szegedy, 2015).
 *
 * @example In training
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { BatchNorm1d } from "@tenfold/nn";
 *
 * const layer = new BatchNorm1d(3);
 * assertEquals(layer.forward(randn([8, 3])).shape, [8, 3]);
 * assertEquals(await layer.num_batches_tracked?.item(), 1);
 * ```
 */
export class BatchNorm1d extends BatchNorm {
  /**
   * Creates the layer.
   *
   * @param numFeatures Number of features: the size of dim 1 of the input.
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`, `device` and
   * `dtype`.
   * @throws {RangeError} If the number is not a positive integer.
   */
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super(numFeatures, options, arguments, "BatchNorm1d");
  }

  /** Checks the shape of the input. */
  protected override check(x: Tensor): void {
    const { numFeatures } = this;
    if (![2, 3].includes(x.ndim) || x.shape[1] !== numFeatures) {
      refuse(this, x, `[n, ${numFeatures}] or [n, ${numFeatures}, length]`);
    }
  }
}

/**
 * Batch normalisation of inputs of shape `[n, channels, height, width]` (Ioffe
 * and Szegedy, 2015).
 *
 * @example In training
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { BatchNorm2d } from "@tenfold/nn";
 *
 * const layer = new BatchNorm2d(3);
 * assertEquals(layer.forward(randn([2, 3, 4, 4])).shape, [2, 3, 4, 4]);
 * ```
 */
export class BatchNorm2d extends BatchNorm {
  /**
   * Creates the layer.
   *
   * @param numFeatures Number of channels: the size of dim 1 of the input.
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`, `device` and
   * `dtype`.
   * @throws {RangeError} If the number is not a positive integer.
   */
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super(numFeatures, options, arguments, "BatchNorm2d");
  }

  /** Checks the shape of the input. */
  protected override check(x: Tensor): void {
    const { numFeatures } = this;
    if (x.ndim !== 4 || x.shape[1] !== numFeatures) {
      refuse(this, x, `[n, ${numFeatures}, height, width]`);
    }
  }
}

/**
 * Batch normalisation of inputs of shape `[n, channels, depth, height, width]`
 * (Ioffe and Szegedy, 2015).
 *
 * @example In training
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { BatchNorm3d } from "@tenfold/nn";
 *
 * const layer = new BatchNorm3d(3);
 * assertEquals(layer.forward(randn([2, 3, 2, 4, 4])).shape, [2, 3, 2, 4, 4]);
 * ```
 */
export class BatchNorm3d extends BatchNorm {
  /**
   * Creates the layer.
   *
   * @param numFeatures Number of channels: the size of dim 1 of the input.
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`, `device` and
   * `dtype`.
   * @throws {RangeError} If the number is not a positive integer.
   */
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super(numFeatures, options, arguments, "BatchNorm3d");
  }

  /** Checks the shape of the input. */
  protected override check(x: Tensor): void {
    const { numFeatures } = this;
    if (x.ndim !== 5 || x.shape[1] !== numFeatures) {
      refuse(this, x, `[n, ${numFeatures}, depth, height, width]`);
    }
  }
}

/** The share of the newest batch is one over the number of batches. */
function withPlainMean(
  this: BatchNorm,
  x: Tensor,
  name: string,
): Tensor {
  const { running_mean, running_var, num_batches_tracked, eps } = this;
  const [mean, variance] = [running_mean!, running_var!];
  const before = noGradNow(() => [mean.clone(), variance.clone()] as const);
  const y = normalizeBatch(x, this.weight, this.bias, {
    runningMean: mean,
    runningVar: variance,
    training: true,
    momentum: 1,
    eps,
  }, name);
  noGradNow(() =>
    tidyNow(() => {
      num_batches_tracked!.add_(1);
      const share = num_batches_tracked!.cast(mean.dtype).reciprocal();
      for (const [i, running] of [mean, variance].entries()) {
        const old = before[i]!;
        running.copy_(old.add(running.sub(old).mul(share)));
      }
    })
  );
  for (const old of before) old.dispose();
  return y;
}
