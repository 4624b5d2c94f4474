/**
 * Convolutions that take the channels of their input from the first one.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { Lazy } from "./_lazy.ts";
import {
  Conv1d,
  type Conv1dLayerOptions,
  Conv3d,
  type Conv3dLayerOptions,
} from "./conv.ts";
import { Conv2d, type Conv2dLayerOptions } from "./conv2d.ts";
import type { Size1d, Size3d } from "./functional/_sizes.ts";
import type { Size2d } from "./functional/_windows.ts";
import type { Parameter } from "./parameter.ts";

/**
 * A {@linkcode Conv1d} whose `inChannels` is the number of channels of its
 * first input. It then becomes a `Conv1d`. Call the model on an example before
 * its parameters are used, such as by an optimizer.
 *
 * @example Channels from the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyConv1d(16, 3);
 * assertEquals(layer.forward(randn([5, 8, 32])).shape, [5, 16, 30]);
 * assertEquals(layer instanceof nn.Conv1d, true);
 * ```
 */
export class LazyConv1d extends Lazy<[x: Tensor]> {
  /** The weight, of shape `[outChannels, inChannels / groups, ...kernelSize]`. */
  declare weight: Parameter;
  /** The bias, of shape `[outChannels]`, or null. */
  declare bias: Parameter | null;

  /**
   * Creates the layer.
   *
   * @param outChannels Number of channels of the output.
   * @param kernelSize Length of the kernel.
   * @param options `stride`, `padding`, `dilation`, `groups`, `bias`,
   * `paddingMode`, `device` and `dtype`.
   * @throws {RangeError} If an option is out of range, as {@linkcode Conv1d} says.
   */
  constructor(
    outChannels: number,
    kernelSize: Size1d,
    options: Conv1dLayerOptions = {},
  ) {
    super(
      { kind: Conv1d, dim: -2, sizes: [outChannels, kernelSize], options },
      arguments,
    );
  }
}

/**
 * A {@linkcode Conv2d} whose `inChannels` is the number of channels of its
 * first input. It then becomes a `Conv2d`. Call the model on an example before
 * its parameters are used, such as by an optimizer.
 *
 * @example Channels from the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyConv2d(16, 3);
 * assertEquals(layer.forward(randn([5, 3, 8, 8])).shape, [5, 16, 6, 6]);
 * assertEquals(layer instanceof nn.Conv2d, true);
 * ```
 */
export class LazyConv2d extends Lazy<[x: Tensor]> {
  /** The weight, of shape `[outChannels, inChannels / groups, ...kernelSize]`. */
  declare weight: Parameter;
  /** The bias, of shape `[outChannels]`, or null. */
  declare bias: Parameter | null;

  /**
   * Creates the layer.
   *
   * @param outChannels Number of channels of the output.
   * @param kernelSize Height and width of the kernel; one number for both.
   * @param options `stride`, `padding`, `dilation`, `groups`, `bias`,
   * `paddingMode`, `device` and `dtype`.
   * @throws {RangeError} If an option is out of range, as {@linkcode Conv2d} says.
   */
  constructor(
    outChannels: number,
    kernelSize: Size2d,
    options: Conv2dLayerOptions = {},
  ) {
    super(
      { kind: Conv2d, dim: -3, sizes: [outChannels, kernelSize], options },
      arguments,
    );
  }
}

/**
 * A {@linkcode Conv3d} whose `inChannels` is the number of channels of its
 * first input. It then becomes a `Conv3d`. Call the model on an example before
 * its parameters are used, such as by an optimizer.
 *
 * @example Channels from the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyConv3d(4, 3);
 * assertEquals(layer.forward(randn([2, 3, 6, 6, 6])).shape, [2, 4, 4, 4, 4]);
 * assertEquals(layer instanceof nn.Conv3d, true);
 * ```
 */
export class LazyConv3d extends Lazy<[x: Tensor]> {
  /** The weight, of shape `[outChannels, inChannels / groups, ...kernelSize]`. */
  declare weight: Parameter;
  /** The bias, of shape `[outChannels]`, or null. */
  declare bias: Parameter | null;

  /**
   * Creates the layer.
   *
   * @param outChannels Number of channels of the output.
   * @param kernelSize Depth, height and width of the kernel; one number for all.
   * @param options `stride`, `padding`, `dilation`, `groups`, `bias`,
   * `paddingMode`, `device` and `dtype`.
   * @throws {RangeError} If an option is out of range, as {@linkcode Conv3d} says.
   */
  constructor(
    outChannels: number,
    kernelSize: Size3d,
    options: Conv3dLayerOptions = {},
  ) {
    super(
      { kind: Conv3d, dim: -4, sizes: [outChannels, kernelSize], options },
      arguments,
    );
  }
}
