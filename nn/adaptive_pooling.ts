/**
 * Adaptive pooling layers.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import {
  checkCount,
  parseArguments,
  parseOptions,
} from "@tenfold/core/internal";
import { shownOptions } from "./_shown_options.ts";
import {
  ADAPTIVE,
  ADAPTIVE_MAX,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type AdaptiveMaxPoolOptions,
  type AdaptivePoolOptions,
  type AdaptiveSizes,
} from "./functional/adaptive_pooling.ts";
import type { Pooled } from "./functional/_max_pool.ts";
import { Module } from "./module.ts";

/**
 * Adaptive average pooling: the output has the same size, whatever the size of the
 * input.
 *
 * @example Two windows along each dim
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { AdaptiveAvgPool1d } from "@tenfold/nn";
 *
 * const pool = new AdaptiveAvgPool1d(2);
 * assertEquals(pool.forward(randn([5, 3, 8])).shape, [5, 3, 2]);
 * ```
 */
export class AdaptiveAvgPool1d extends Module {
  /** The extents of the output. */
  readonly options: AdaptivePoolOptions;

  /**
   * Creates the layer.
   *
   * @param outputSize The extents of the output; null keeps that of the input.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(outputSize: AdaptiveSizes) {
    super();
    checkCount("make an AdaptiveAvgPool1d", arguments.length, 1);
    this.options = parseOptions(
      ADAPTIVE[1]!,
      { outputSize },
      "make an AdaptiveAvgPool1d",
    );
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return adaptiveAvgPool1d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Adaptive average pooling: the output has the same size, whatever the size of the
 * input.
 *
 * @example One number a channel
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { AdaptiveAvgPool2d } from "@tenfold/nn";
 *
 * const pool = new AdaptiveAvgPool2d(1);
 * assertEquals(pool.forward(randn([5, 3, 7, 9])).shape, [5, 3, 1, 1]);
 * ```
 */
export class AdaptiveAvgPool2d extends Module {
  /** The extents of the output. */
  readonly options: AdaptivePoolOptions;

  /**
   * Creates the layer.
   *
   * @param outputSize The extents of the output; null keeps that of the input.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(outputSize: AdaptiveSizes) {
    super();
    checkCount("make an AdaptiveAvgPool2d", arguments.length, 1);
    this.options = parseOptions(
      ADAPTIVE[2]!,
      { outputSize },
      "make an AdaptiveAvgPool2d",
    );
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return adaptiveAvgPool2d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Adaptive average pooling: the output has the same size, whatever the size of the
 * input.
 *
 * @example Two windows along each dim
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { AdaptiveAvgPool3d } from "@tenfold/nn";
 *
 * const pool = new AdaptiveAvgPool3d(2);
 * assertEquals(pool.forward(randn([5, 3, 4, 7, 9])).shape, [5, 3, 2, 2, 2]);
 * ```
 */
export class AdaptiveAvgPool3d extends Module {
  /** The extents of the output. */
  readonly options: AdaptivePoolOptions;

  /**
   * Creates the layer.
   *
   * @param outputSize The extents of the output; null keeps that of the input.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(outputSize: AdaptiveSizes) {
    super();
    checkCount("make an AdaptiveAvgPool3d", arguments.length, 1);
    this.options = parseOptions(
      ADAPTIVE[3]!,
      { outputSize },
      "make an AdaptiveAvgPool3d",
    );
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return adaptiveAvgPool3d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Adaptive max pooling: the output has the same size, whatever the size of the
 * input.
 *
 * @example Two windows along each dim
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { AdaptiveMaxPool1d } from "@tenfold/nn";
 *
 * const pool = new AdaptiveMaxPool1d(2);
 * assertEquals(pool.forward(randn([5, 3, 8])).shape, [5, 3, 2]);
 * ```
 */
export class AdaptiveMaxPool1d<I extends boolean = false>
  extends Module<[x: Tensor], Pooled<I>> {
  /** The extents of the output. */
  readonly options: AdaptiveMaxPoolOptions<I>;

  /**
   * Creates the layer.
   *
   * @param outputSize The extents of the output; null keeps that of the input.
   * @param options `returnIndices`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    outputSize: AdaptiveSizes,
    options: Omit<AdaptiveMaxPoolOptions<I>, "outputSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      ADAPTIVE_MAX[1]!,
      { outputSize },
      options,
      arguments,
      "make an AdaptiveMaxPool1d",
    ) as AdaptiveMaxPoolOptions<I>;
  }

  /**
   * Pools.
   *
   * @param x Of shape `[n, channels, length]`, or without `n`.
   * @returns The largest elements; with `returnIndices` `[values, indices]`.
   */
  forward(x: Tensor): Pooled<I> {
    checkCount("forward", arguments.length, 1);
    return adaptiveMaxPool1d<I>(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Adaptive max pooling: the output has the same size, whatever the size of the
 * input.
 *
 * @example Two windows along each dim
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { AdaptiveMaxPool2d } from "@tenfold/nn";
 *
 * const pool = new AdaptiveMaxPool2d(2);
 * assertEquals(pool.forward(randn([5, 3, 7, 9])).shape, [5, 3, 2, 2]);
 * ```
 */
export class AdaptiveMaxPool2d<I extends boolean = false>
  extends Module<[x: Tensor], Pooled<I>> {
  /** The extents of the output. */
  readonly options: AdaptiveMaxPoolOptions<I>;

  /**
   * Creates the layer.
   *
   * @param outputSize The extents of the output; null keeps that of the input.
   * @param options `returnIndices`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    outputSize: AdaptiveSizes,
    options: Omit<AdaptiveMaxPoolOptions<I>, "outputSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      ADAPTIVE_MAX[2]!,
      { outputSize },
      options,
      arguments,
      "make an AdaptiveMaxPool2d",
    ) as AdaptiveMaxPoolOptions<I>;
  }

  /**
   * Pools.
   *
   * @param x Of shape `[n, channels, height, width]`, or without `n`.
   * @returns The largest elements; with `returnIndices` `[values, indices]`.
   */
  forward(x: Tensor): Pooled<I> {
    checkCount("forward", arguments.length, 1);
    return adaptiveMaxPool2d<I>(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Adaptive max pooling: the output has the same size, whatever the size of the
 * input.
 *
 * @example Two windows along each dim
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { AdaptiveMaxPool3d } from "@tenfold/nn";
 *
 * const pool = new AdaptiveMaxPool3d(2);
 * assertEquals(pool.forward(randn([5, 3, 4, 7, 9])).shape, [5, 3, 2, 2, 2]);
 * ```
 */
export class AdaptiveMaxPool3d<I extends boolean = false>
  extends Module<[x: Tensor], Pooled<I>> {
  /** The extents of the output. */
  readonly options: AdaptiveMaxPoolOptions<I>;

  /**
   * Creates the layer.
   *
   * @param outputSize The extents of the output; null keeps that of the input.
   * @param options `returnIndices`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    outputSize: AdaptiveSizes,
    options: Omit<AdaptiveMaxPoolOptions<I>, "outputSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      ADAPTIVE_MAX[3]!,
      { outputSize },
      options,
      arguments,
      "make an AdaptiveMaxPool3d",
    ) as AdaptiveMaxPoolOptions<I>;
  }

  /**
   * Pools.
   *
   * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
   * @returns The largest elements; with `returnIndices` `[values, indices]`.
   */
  forward(x: Tensor): Pooled<I> {
    checkCount("forward", arguments.length, 1);
    return adaptiveMaxPool3d<I>(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}
