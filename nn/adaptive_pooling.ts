/**
 * Adaptive pooling layers.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseOptions } from "@tenfold/core/internal";
import { shownOptions } from "./_shown_options.ts";
import {
  ADAPTIVE,
  adaptiveAvgPool1d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type AdaptivePoolOptions,
  type AdaptiveSizes,
} from "./functional/adaptive_pooling.ts";
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
export class AdaptiveMaxPool1d extends Module {
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
    checkCount("make an AdaptiveMaxPool1d", arguments.length, 1);
    this.options = parseOptions(
      ADAPTIVE[1]!,
      { outputSize },
      "make an AdaptiveMaxPool1d",
    );
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return adaptiveMaxPool1d(x, this.options);
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
export class AdaptiveMaxPool2d extends Module {
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
    checkCount("make an AdaptiveMaxPool2d", arguments.length, 1);
    this.options = parseOptions(
      ADAPTIVE[2]!,
      { outputSize },
      "make an AdaptiveMaxPool2d",
    );
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return adaptiveMaxPool2d(x, this.options);
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
export class AdaptiveMaxPool3d extends Module {
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
    checkCount("make an AdaptiveMaxPool3d", arguments.length, 1);
    this.options = parseOptions(
      ADAPTIVE[3]!,
      { outputSize },
      "make an AdaptiveMaxPool3d",
    );
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return adaptiveMaxPool3d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}
