/**
 * The layers that make images smaller.
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

/** A size for people: `2` or `[2, 3]`. */
const show = (size: Size2d | undefined): string =>
  typeof size === "object" ? `[${size.join(", ")}]` : String(size);

/**
 * The largest element of each window.
 *
 * @example Quarter an image
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
  /** The window, and how it moves. */
  readonly options: MaxPool2dOptions;

  /**
   * Makes a layer.
   *
   * @param kernelSize Height and width of a window.
   * @param options Stride (that of the window if left out), padding, dilation,
   * `ceilMode`.
   * @throws {RangeError} If a size is no positive integer.
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

  /** Its options in short. */
  override describe(): string {
    const { kernelSize, stride = kernelSize, padding = 0 } = this.options;
    return `kernelSize=${show(kernelSize)}, stride=${show(stride)}, padding=${
      show(padding)
    }`;
  }
}

/**
 * The mean of each window.
 *
 * @example Quarter an image
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
  /** The window, how it moves, and what counts. */
  readonly options: AvgPool2dOptions;

  /**
   * Makes a layer.
   *
   * @param kernelSize Height and width of a window.
   * @param options Stride (that of the window if left out), padding,
   * `ceilMode`, `countIncludePad`, `divisorOverride`.
   * @throws {RangeError} If a size is no positive integer.
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

  /** Its options in short. */
  override describe(): string {
    const { kernelSize, stride = kernelSize, padding = 0 } = this.options;
    return `kernelSize=${show(kernelSize)}, stride=${show(stride)}, padding=${
      show(padding)
    }`;
  }
}

/**
 * Means of as many windows as the result has elements, whatever the size of the
 * image.
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
  /** Height and width of the result. */
  readonly options: AdaptiveAvgPool2dOptions;

  /**
   * Makes a layer.
   *
   * @param outputSize Height and width of the result; null keeps that of the
   * input.
   * @throws {RangeError} If a size is no positive integer.
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

  /** Its options in short. */
  override describe(): string {
    const { outputSize } = this.options;
    return `outputSize=${
      typeof outputSize === "object" ? `[${outputSize.join(", ")}]` : outputSize
    }`;
  }
}
