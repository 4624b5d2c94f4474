/**
 * Batch and instance normalisation of as many channels as the first input has.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { Lazy } from "./_lazy.ts";
import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormLayerOptions,
} from "./batch_norm.ts";
import {
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type InstanceNormLayerOptions,
} from "./instance_norm.ts";
import type { Buffer, Parameter } from "./parameter.ts";

/**
 * The base class of lazy batch normalisation layers.
 *
 * @example The number of channels is that of the first input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const norm: nn.LazyBatchNorm = new nn.LazyBatchNorm1d();
 * norm.forward(randn([4, 3]));
 * assertEquals(norm.weight?.shape, [3]);
 * ```
 */
export abstract class LazyBatchNorm extends Lazy<[x: Tensor]> {
  /** The weight, of shape `[numFeatures]`, or null. */
  declare weight: Parameter | null;
  /** The bias, of shape `[numFeatures]`, or null. */
  declare bias: Parameter | null;
  /** The running mean, of shape `[numFeatures]`, or null. */
  declare running_mean: Buffer | null;
  /** The running variance, of shape `[numFeatures]`, or null. */
  declare running_var: Buffer | null;
}

/**
 * A {@linkcode BatchNorm1d} whose `numFeatures` is the number of channels of
 * its first input. It becomes a `BatchNorm1d` then. Call the model on an
 * example before its parameters are used, such as by an optimizer.
 *
 * @example Channels from the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyBatchNorm1d();
 * assertEquals(layer.forward(randn([8, 3, 5])).shape, [8, 3, 5]);
 * assertEquals(layer.weight?.shape, [3]);
 * ```
 */
export class LazyBatchNorm1d extends LazyBatchNorm {
  /**
   * Creates the layer.
   *
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`, `device` and
   * `dtype`.
   */
  constructor(options: BatchNormLayerOptions = {}) {
    super({ kind: BatchNorm1d, dim: 1, sizes: [], options }, arguments);
  }
}

/**
 * A {@linkcode BatchNorm2d} whose `numFeatures` is the number of channels of
 * its first input. It becomes a `BatchNorm2d` then. Call the model on an
 * example before its parameters are used, such as by an optimizer.
 *
 * @example Channels from the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyBatchNorm2d();
 * assertEquals(layer.forward(randn([8, 3, 5, 5])).shape, [8, 3, 5, 5]);
 * assertEquals(layer.weight?.shape, [3]);
 * ```
 */
export class LazyBatchNorm2d extends LazyBatchNorm {
  /**
   * Creates the layer.
   *
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`, `device` and
   * `dtype`.
   */
  constructor(options: BatchNormLayerOptions = {}) {
    super({ kind: BatchNorm2d, dim: 1, sizes: [], options }, arguments);
  }
}

/**
 * A {@linkcode BatchNorm3d} whose `numFeatures` is the number of channels of
 * its first input. It becomes a `BatchNorm3d` then. Call the model on an
 * example before its parameters are used, such as by an optimizer.
 *
 * @example Channels from the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyBatchNorm3d();
 * assertEquals(layer.forward(randn([8, 3, 4, 4, 4])).shape, [8, 3, 4, 4, 4]);
 * assertEquals(layer.weight?.shape, [3]);
 * ```
 */
export class LazyBatchNorm3d extends LazyBatchNorm {
  /**
   * Creates the layer.
   *
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`, `device` and
   * `dtype`.
   */
  constructor(options: BatchNormLayerOptions = {}) {
    super({ kind: BatchNorm3d, dim: 1, sizes: [], options }, arguments);
  }
}

/**
 * The base class of lazy instance normalisation layers.
 *
 * @example The number of channels is that of the first input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const norm: nn.LazyInstanceNorm = new nn.LazyInstanceNorm1d({ affine: true });
 * norm.forward(randn([4, 3, 5]));
 * assertEquals(norm.weight?.shape, [3]);
 * ```
 */
export abstract class LazyInstanceNorm extends Lazy<[x: Tensor]> {
  /** The weight, of shape `[numFeatures]`, or null. */
  declare weight: Parameter | null;
  /** The bias, of shape `[numFeatures]`, or null. */
  declare bias: Parameter | null;
  /** The running mean, of shape `[numFeatures]`, or null. */
  declare running_mean: Buffer | null;
  /** The running variance, of shape `[numFeatures]`, or null. */
  declare running_var: Buffer | null;
}

/**
 * A {@linkcode InstanceNorm1d} whose `numFeatures` is the number of channels of
 * its first input. It becomes an `InstanceNorm1d` then. Call the model on an
 * example before its parameters are used, such as by an optimizer.
 *
 * @example Channels from the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyInstanceNorm1d({ affine: true });
 * assertEquals(layer.forward(randn([8, 3, 5])).shape, [8, 3, 5]);
 * assertEquals(layer.weight?.shape, [3]);
 * ```
 */
export class LazyInstanceNorm1d extends LazyInstanceNorm {
  /**
   * Creates the layer.
   *
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`, `device` and
   * `dtype`.
   */
  constructor(options: InstanceNormLayerOptions = {}) {
    super({ kind: InstanceNorm1d, dim: -2, sizes: [], options }, arguments);
  }
}

/**
 * A {@linkcode InstanceNorm2d} whose `numFeatures` is the number of channels of
 * its first input. It becomes an `InstanceNorm2d` then. Call the model on an
 * example before its parameters are used, such as by an optimizer.
 *
 * @example Channels from the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyInstanceNorm2d({ affine: true });
 * assertEquals(layer.forward(randn([8, 3, 5, 5])).shape, [8, 3, 5, 5]);
 * assertEquals(layer.weight?.shape, [3]);
 * ```
 */
export class LazyInstanceNorm2d extends LazyInstanceNorm {
  /**
   * Creates the layer.
   *
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`, `device` and
   * `dtype`.
   */
  constructor(options: InstanceNormLayerOptions = {}) {
    super({ kind: InstanceNorm2d, dim: -3, sizes: [], options }, arguments);
  }
}

/**
 * A {@linkcode InstanceNorm3d} whose `numFeatures` is the number of channels of
 * its first input. It becomes an `InstanceNorm3d` then. Call the model on an
 * example before its parameters are used, such as by an optimizer.
 *
 * @example Channels from the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyInstanceNorm3d({ affine: true });
 * assertEquals(layer.forward(randn([8, 3, 4, 4, 4])).shape, [8, 3, 4, 4, 4]);
 * assertEquals(layer.weight?.shape, [3]);
 * ```
 */
export class LazyInstanceNorm3d extends LazyInstanceNorm {
  /**
   * Creates the layer.
   *
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`, `device` and
   * `dtype`.
   */
  constructor(options: InstanceNormLayerOptions = {}) {
    super({ kind: InstanceNorm3d, dim: -4, sizes: [], options }, arguments);
  }
}
