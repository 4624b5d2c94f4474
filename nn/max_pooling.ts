/**
 * Max pooling layers.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import { shownOptions } from "./_shown_options.ts";
import {
  maxPool1d,
  type MaxPool1dOptions,
  maxPool1dSchema,
  maxPool2d,
  type MaxPool2dOptions,
  maxPool2dSchema,
  maxPool3d,
  type MaxPool3dOptions,
  maxPool3dSchema,
} from "./functional/max_pooling.ts";
import type { Pooled } from "./functional/_max_pool.ts";
import type { Size1d, Size3d } from "./functional/_sizes.ts";
import type { Size2d } from "./functional/_windows.ts";
import { Module } from "./module.ts";

/**
 * Max pooling of sequences: the largest element of each window.
 *
 * @example Half the length
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { MaxPool1d } from "@tenfold/nn";
 *
 * const pool = new MaxPool1d(2);
 * assertEquals(pool.forward(randn([5, 3, 8])).shape, [5, 3, 4]);
 * ```
 */
export class MaxPool1d<I extends boolean = false>
  extends Module<[x: Tensor], Pooled<I>> {
  /** Options of the pooling. */
  readonly options: MaxPool1dOptions<I>;

  /**
   * Creates the layer.
   *
   * @param kernelSize Length of the window.
   * @param options `stride`, `padding`, `dilation`, `ceilMode` and
   * `returnIndices`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size1d,
    options: Omit<MaxPool1dOptions<I>, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      maxPool1dSchema,
      { kernelSize },
      options,
      arguments,
      "make a MaxPool1d",
    ) as MaxPool1dOptions<I>;
  }

  /**
   * Applies max pooling.
   *
   * @param x Of shape `[n, channels, length]`, or without `n`.
   * @returns The largest elements; with `returnIndices` `[values, indices]`.
   */
  forward(x: Tensor): Pooled<I> {
    checkCount("forward", arguments.length, 1);
    return maxPool1d<I>(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Max pooling: the largest element of each window.
 *
 * @example Halve height and width
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { MaxPool2d } from "@tenfold/nn";
 *
 * const pool = new MaxPool2d(2);
 * assertEquals(pool.forward(randn([5, 3, 8, 8])).shape, [5, 3, 4, 4]);
 * ```
 */
export class MaxPool2d<I extends boolean = false>
  extends Module<[x: Tensor], Pooled<I>> {
  /** Kernel size, stride, padding, dilation and ceil mode. */
  readonly options: MaxPool2dOptions<I>;

  /**
   * Creates the layer.
   *
   * @param kernelSize Height and width of the window; one number for both.
   * @param options `stride`, `padding`, `dilation`, `ceilMode` and
   * `returnIndices`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size2d,
    options: Omit<MaxPool2dOptions<I>, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      maxPool2dSchema,
      { kernelSize },
      options,
      arguments,
      "make a MaxPool2d",
    ) as MaxPool2dOptions<I>;
  }

  /**
   * Applies max pooling.
   *
   * @param x Of shape `[n, channels, height, width]`, or without `n`.
   * @returns The largest elements; with `returnIndices` `[values, indices]`.
   */
  forward(x: Tensor): Pooled<I> {
    checkCount("forward", arguments.length, 1);
    return maxPool2d<I>(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const { kernelSize, stride = kernelSize, padding = 0 } = this.options;
    return shownOptions({ ...this.options, stride, padding });
  }
}

/**
 * Max pooling of volumes: the largest element of each window.
 *
 * @example Half of every extent
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { MaxPool3d } from "@tenfold/nn";
 *
 * const pool = new MaxPool3d(2);
 * assertEquals(pool.forward(randn([5, 3, 4, 8, 8])).shape, [5, 3, 2, 4, 4]);
 * ```
 */
export class MaxPool3d<I extends boolean = false>
  extends Module<[x: Tensor], Pooled<I>> {
  /** Options of the pooling. */
  readonly options: MaxPool3dOptions<I>;

  /**
   * Creates the layer.
   *
   * @param kernelSize Depth, height and width of the window.
   * @param options `stride`, `padding`, `dilation`, `ceilMode` and
   * `returnIndices`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size3d,
    options: Omit<MaxPool3dOptions<I>, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      maxPool3dSchema,
      { kernelSize },
      options,
      arguments,
      "make a MaxPool3d",
    ) as MaxPool3dOptions<I>;
  }

  /**
   * Applies max pooling.
   *
   * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
   * @returns The largest elements; with `returnIndices` `[values, indices]`.
   */
  forward(x: Tensor): Pooled<I> {
    checkCount("forward", arguments.length, 1);
    return maxPool3d<I>(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}
