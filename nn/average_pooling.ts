/**
 * Average pooling layers, of the mean and of norms.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import { shownOptions } from "./_shown_options.ts";
import {
  avgPool1d,
  type AvgPool1dOptions,
  avgPool1dSchema,
  avgPool2d,
  type AvgPool2dOptions,
  avgPool2dSchema,
  avgPool3d,
  type AvgPool3dOptions,
  avgPool3dSchema,
  lpPool1d,
  lpPool1dSchema,
  lpPool2d,
  lpPool2dSchema,
  type LpPoolOptions,
} from "./functional/average_pooling.ts";
import type { Size1d, Size3d } from "./functional/_sizes.ts";
import type { Size2d } from "./functional/_windows.ts";
import { Module } from "./module.ts";

/**
 * Average pooling of sequences: the mean of each window.
 *
 * @example Half the length
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { AvgPool1d } from "@tenfold/nn";
 *
 * const pool = new AvgPool1d(2);
 * assertEquals(pool.forward(randn([5, 3, 8])).shape, [5, 3, 4]);
 * ```
 */
export class AvgPool1d extends Module {
  /** The options of the pooling. */
  readonly options: AvgPool1dOptions;

  /**
   * Creates the layer.
   *
   * @param kernelSize Length of the window.
   * @param options `stride`, `padding`, `ceilMode` and `countIncludePad`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size1d,
    options: Omit<AvgPool1dOptions, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      avgPool1dSchema,
      { kernelSize },
      options,
      arguments,
      "make an AvgPool1d",
    ) as AvgPool1dOptions;
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return avgPool1d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Average pooling: the mean of each window.
 *
 * @example Halve height and width
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { AvgPool2d } from "@tenfold/nn";
 *
 * const pool = new AvgPool2d(2);
 * assertEquals(pool.forward(randn([5, 3, 8, 8])).shape, [5, 3, 4, 4]);
 * ```
 */
export class AvgPool2d extends Module {
  /** The options of the pooling. */
  readonly options: AvgPool2dOptions;

  /**
   * Creates the layer.
   *
   * @param kernelSize Height and width of the window; one number for both.
   * @param options `stride`, `padding`, `ceilMode`, `countIncludePad` and
   * `divisorOverride`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size2d,
    options: Omit<AvgPool2dOptions, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      avgPool2dSchema,
      { kernelSize },
      options,
      arguments,
      "make an AvgPool2d",
    ) as AvgPool2dOptions;
  }

  /** Pools `x` of shape `[n, channels, height, width]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return avgPool2d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const { kernelSize, stride = kernelSize, padding = 0 } = this.options;
    return shownOptions({ ...this.options, stride, padding });
  }
}

/**
 * Average pooling of volumes: the mean of each window.
 *
 * @example Half of every extent
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { AvgPool3d } from "@tenfold/nn";
 *
 * const pool = new AvgPool3d(2);
 * assertEquals(pool.forward(randn([5, 3, 4, 8, 8])).shape, [5, 3, 2, 4, 4]);
 * ```
 */
export class AvgPool3d extends Module {
  /** The options of the pooling. */
  readonly options: AvgPool3dOptions;

  /**
   * Creates the layer.
   *
   * @param kernelSize Depth, height and width of the window.
   * @param options `stride`, `padding`, `ceilMode`, `countIncludePad` and
   * `divisorOverride`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size3d,
    options: Omit<AvgPool3dOptions, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      avgPool3dSchema,
      { kernelSize },
      options,
      arguments,
      "make an AvgPool3d",
    ) as AvgPool3dOptions;
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return avgPool3d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Power-average pooling: `sum(x ^ p) ^ (1 / p)` of each window.
 *
 * @example Lengths of pairs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { LPPool1d } from "@tenfold/nn";
 *
 * const pool = new LPPool1d(2, 2);
 * assertEquals(pool.forward(randn([5, 3, 8])).shape, [5, 3, 4]);
 * ```
 */
export class LPPool1d extends Module {
  /** The options of the pooling. */
  readonly options: LpPoolOptions<Size1d>;

  /**
   * Creates the layer.
   *
   * @param normType The norm.
   * @param kernelSize Length of the window.
   * @param options `stride` and `ceilMode`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    normType: number,
    kernelSize: Size1d,
    options: Omit<LpPoolOptions<Size1d>, "normType" | "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      lpPool1dSchema,
      { normType, kernelSize },
      options,
      arguments,
      "make an LPPool1d",
    ) as LpPoolOptions<Size1d>;
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return lpPool1d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Power-average pooling: `sum(x ^ p) ^ (1 / p)` of each window.
 *
 * @example Lengths of pairs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { LPPool2d } from "@tenfold/nn";
 *
 * const pool = new LPPool2d(2, 2);
 * assertEquals(pool.forward(randn([5, 3, 8, 8])).shape, [5, 3, 4, 4]);
 * ```
 */
export class LPPool2d extends Module {
  /** The options of the pooling. */
  readonly options: LpPoolOptions<Size2d>;

  /**
   * Creates the layer.
   *
   * @param normType The norm.
   * @param kernelSize Height and width of the window.
   * @param options `stride` and `ceilMode`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    normType: number,
    kernelSize: Size2d,
    options: Omit<LpPoolOptions<Size2d>, "normType" | "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      lpPool2dSchema,
      { normType, kernelSize },
      options,
      arguments,
      "make an LPPool2d",
    ) as LpPoolOptions<Size2d>;
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return lpPool2d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}
