/**
 * Instance normalisation.
 *
 * @module
 */
import { ShapeError, type Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  parseArguments,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { INNER } from "./_inner.ts";
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
import { spatialNames } from "./functional/_sizes.ts";
import { normalizeInstances } from "./functional/instance_norm.ts";
import { constant_ } from "./init/plain.ts";
import { Module } from "./module.ts";
import type { Buffer, Parameter } from "./parameter.ts";

/**
 * Options of {@linkcode InstanceNorm2d} and its siblings.
 *
 * @example A weight and a bias
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.InstanceNormLayerOptions = { affine: true };
 * const norm = new nn.InstanceNorm2d(8, options);
 * ```
 */
export interface InstanceNormLayerOptions extends PlaceOptions {
  /** Value added to the variance for numerical stability. @default {1e-5} */
  readonly eps?: number;
  /** Weight of the newest batch in the running mean and variance. @default {0.1} */
  readonly momentum?: number;
  /** Whether the layer has a learnable weight and bias. @default {false} */
  readonly affine?: boolean;
  /** Whether a running mean and variance are kept for evaluation. @default {false} */
  readonly trackRunningStats?: boolean;
}

const schema = () =>
  z.strictObject({
    numFeatures: positiveInteger,
    eps: z._default(nonNegative, 1e-5),
    momentum: z._default(probability, 0.1),
    affine: z._default(flag, false),
    trackRunningStats: z._default(flag, false),
    ...placeFields,
  });

/**
 * The base class of instance normalisation layers.
 *
 * @example A function that takes any of them
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const isPlain = ({ weight, bias }: nn.InstanceNorm) => !weight && !bias;
 * assertEquals(isPlain(new nn.InstanceNorm2d(3)), true);
 * assertEquals(isPlain(new nn.InstanceNorm1d(3, { affine: true })), false);
 * ```
 */
export abstract class InstanceNorm extends Module {
  /** Number of channels. */
  readonly numFeatures: number;
  /** Value added to the variance for numerical stability. */
  readonly eps: number;
  /** Weight of the newest batch in the running mean and variance. */
  readonly momentum: number;
  /** The weight, of shape `[numFeatures]`, or null. */
  weight: Parameter | null;
  /** The bias, of shape `[numFeatures]`, or null. */
  bias: Parameter | null;
  /** The running mean, of shape `[numFeatures]`, or null. */
  running_mean: Buffer | null;
  /** The running variance, of shape `[numFeatures]`, or null. */
  running_var: Buffer | null;
  /** As in PyTorch's state dicts, where it stays 0; or null. */
  num_batches_tracked: Buffer | null;
  declare private readonly [INNER]: number;

  /** Creates a layer of `dims` dims. */
  constructor(
    dims: number,
    numFeatures: number,
    options: InstanceNormLayerOptions,
    args: ArrayLike<unknown>,
  ) {
    super();
    const { eps, momentum, affine, trackRunningStats, ...place } =
      parseArguments(
        schema,
        { numFeatures },
        options,
        args,
        `make an InstanceNorm${dims}d`,
      );
    const where = placeOf(place);
    const shape = [numFeatures];
    this[INNER] = dims;
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

  /**
   * Normalises each channel of each sample by its own mean and variance; in
   * evaluation by the running ones, where they are kept.
   *
   * @param x Of shape `[n, numFeatures, ...extents]`, or without `n`.
   * @throws {ShapeError} If the channels differ, or a channel has one value.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    const name = this.constructor.name;
    checkTensor(x, "the input", `apply ${name}`);
    const { numFeatures, eps, momentum } = this;
    const lead = x.ndim - this[INNER];
    if ((lead !== 1 && lead !== 2) || x.shape[lead - 1] !== numFeatures) {
      const shape = `${numFeatures}, ${spatialNames(this[INNER])}`;
      throw new ShapeError(
        `Cannot apply ${name} of ${numFeatures} features to shape ${
          showShape(x.shape)
        }: expected [n, ${shape}] or [${shape}]`,
      );
    }
    const options = {
      runningMean: this.running_mean,
      runningVar: this.running_var,
      useInputStats: this.training || this.running_mean === null,
      momentum,
      eps,
    };
    const apply = (x: Tensor) =>
      normalizeInstances(x, this.weight, this.bias, options, name);
    return lead === 2
      ? apply(x)
      : tidyNow(() => apply(x.unsqueeze(0)).squeeze(0));
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${this.numFeatures}, eps=${this.eps}, momentum=${this.momentum}, affine=${
      this.weight !== null
    }, trackRunningStats=${this.running_mean !== null}`;
  }
}

/**
 * Instance normalisation of sequences: each channel of each sample has mean 0 and
 * variance 1 (Ulyanov and others, 2016).
 *
 * @example Three channels
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { InstanceNorm1d } from "@tenfold/nn";
 *
 * const layer = new InstanceNorm1d(3);
 * assertEquals(layer.forward(randn([2, 3, 8])).shape, [2, 3, 8]);
 * ```
 */
export class InstanceNorm1d extends InstanceNorm {
  /**
   * Creates the layer.
   *
   * @param numFeatures Number of channels.
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`, `device` and
   * `dtype`.
   * @throws {RangeError} If the number is not a positive integer.
   */
  constructor(numFeatures: number, options: InstanceNormLayerOptions = {}) {
    super(1, numFeatures, options, arguments);
  }
}

/**
 * Instance normalisation of images: each channel of each sample has mean 0 and
 * variance 1 (Ulyanov and others, 2016).
 *
 * @example Three channels
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { InstanceNorm2d } from "@tenfold/nn";
 *
 * const layer = new InstanceNorm2d(3);
 * assertEquals(layer.forward(randn([2, 3, 4, 4])).shape, [2, 3, 4, 4]);
 * ```
 */
export class InstanceNorm2d extends InstanceNorm {
  /**
   * Creates the layer.
   *
   * @param numFeatures Number of channels.
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`, `device` and
   * `dtype`.
   * @throws {RangeError} If the number is not a positive integer.
   */
  constructor(numFeatures: number, options: InstanceNormLayerOptions = {}) {
    super(2, numFeatures, options, arguments);
  }
}

/**
 * Instance normalisation of volumes: each channel of each sample has mean 0 and
 * variance 1 (Ulyanov and others, 2016).
 *
 * @example Three channels
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { InstanceNorm3d } from "@tenfold/nn";
 *
 * const layer = new InstanceNorm3d(3);
 * assertEquals(layer.forward(randn([2, 3, 2, 4, 4])).shape, [2, 3, 2, 4, 4]);
 * ```
 */
export class InstanceNorm3d extends InstanceNorm {
  /**
   * Creates the layer.
   *
   * @param numFeatures Number of channels.
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`, `device` and
   * `dtype`.
   * @throws {RangeError} If the number is not a positive integer.
   */
  constructor(numFeatures: number, options: InstanceNormLayerOptions = {}) {
    super(3, numFeatures, options, arguments);
  }
}
