/**
 * Pooling layers.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import {
  checkCount,
  parseArguments,
  parseOptions,
} from "@tenfold/core/internal";
import type { Size2d } from "./functional/_windows.ts";
import {
  adaptiveAvgPool2d,
  type AdaptiveAvgPool2dOptions,
  adaptiveSchema,
  type AdaptiveSize,
  avgPool2d,
  type AvgPool2dOptions,
  avgPool2dSchema,
  maxPool2d,
  type MaxPool2dOptions,
  maxPool2dSchema,
} from "./functional/pooling.ts";
import { Module } from "./module.ts";

/** A size as text: `2` or `[2, 3]`. */
const show = (size: Size2d | undefined): string =>
  typeof size === "object" ? `[${size.join(", ")}]` : String(size);

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
export class MaxPool2d extends Module {
  /** Kernel size, stride, padding, dilation and ceil mode. */
  readonly options: MaxPool2dOptions;

  /**
   * Creates the layer.
   *
   * @param kernelSize Height and width of the window; one number for both.
   * @param options `stride`, `padding`, `dilation` and `ceilMode`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size2d,
    options: Omit<MaxPool2dOptions, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      maxPool2dSchema,
      { kernelSize },
      options,
      arguments,
      "make a MaxPool2d",
    );
  }

  /** Pools `x` of shape `[n, channels, height, width]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return maxPool2d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const { kernelSize, stride = kernelSize, padding = 0 } = this.options;
    return `kernelSize=${show(kernelSize)}, stride=${show(stride)}, padding=${
      show(padding)
    }`;
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
  /** Kernel size, stride, padding and how means are taken. */
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
    );
  }

  /** Pools `x` of shape `[n, channels, height, width]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return avgPool2d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const { kernelSize, stride = kernelSize, padding = 0 } = this.options;
    return `kernelSize=${show(kernelSize)}, stride=${show(stride)}, padding=${
      show(padding)
    }`;
  }
}

/**
 * Adaptive average pooling: the output has the same size, whatever the size of
 * the input.
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
  /** Height and width of the output. */
  readonly options: AdaptiveAvgPool2dOptions;

  /**
   * Creates the layer.
   *
   * @param outputSize Height and width of the output; null keeps that of the
   * input.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(outputSize: AdaptiveSize) {
    super();
    checkCount("make an AdaptiveAvgPool2d", arguments.length, 1);
    this.options = parseOptions(
      adaptiveSchema,
      { outputSize },
      "make an AdaptiveAvgPool2d",
    );
  }

  /** Pools `x` of shape `[n, channels, height, width]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return adaptiveAvgPool2d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const { outputSize } = this.options;
    return `outputSize=${
      typeof outputSize === "object" ? `[${outputSize.join(", ")}]` : outputSize
    }`;
  }
}
