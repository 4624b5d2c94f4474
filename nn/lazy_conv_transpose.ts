/**
 * Transposed convolutions that take the channels of their input from the first one.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { Lazy } from "./_lazy.ts";
import {
  ConvTranspose1d,
  type ConvTranspose1dLayerOptions,
  ConvTranspose2d,
  type ConvTranspose2dLayerOptions,
  ConvTranspose3d,
  type ConvTranspose3dLayerOptions,
  type ConvTransposeCall,
} from "./conv_transpose.ts";
import type { Size1d, Size3d } from "./functional/_sizes.ts";
import type { Size2d } from "./functional/_windows.ts";
import type { Parameter } from "./parameter.ts";

/**
 * A {@linkcode ConvTranspose1d} whose `inChannels` is the number of channels of
 * its first input. It then becomes a `ConvTranspose1d`. Call the model on an
 * example before its parameters are used, such as by an optimizer.
 *
 * @example Channels from the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyConvTranspose1d(16, 3);
 * assertEquals(layer.forward(randn([5, 8, 32])).shape, [5, 16, 34]);
 * assertEquals(layer instanceof nn.ConvTranspose1d, true);
 * ```
 */
export class LazyConvTranspose1d
  extends Lazy<[x: Tensor, call?: ConvTransposeCall]> {
  /** The weight, of shape `[inChannels, outChannels / groups, ...kernelSize]`. */
  declare weight: Parameter;
  /** The bias, of shape `[outChannels]`, or null. */
  declare bias: Parameter | null;

  /**
   * Creates the layer.
   *
   * @param outChannels Number of channels of the output.
   * @param kernelSize Length of the kernel.
   * @param options `stride`, `padding`, `outputPadding`, `dilation`, `groups`,
   * `bias`, `device` and `dtype`.
   * @throws {RangeError} If an option is out of range, as {@linkcode ConvTranspose1d} says.
   */
  constructor(
    outChannels: number,
    kernelSize: Size1d,
    options: ConvTranspose1dLayerOptions = {},
  ) {
    super({
      kind: ConvTranspose1d,
      dim: -2,
      sizes: [outChannels, kernelSize],
      options,
      inputs: 2,
    }, arguments);
  }
}

/**
 * A {@linkcode ConvTranspose2d} whose `inChannels` is the number of channels of
 * its first input. It then becomes a `ConvTranspose2d`. Call the model on an
 * example before its parameters are used, such as by an optimizer.
 *
 * @example Channels from the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyConvTranspose2d(16, 3);
 * assertEquals(layer.forward(randn([5, 3, 8, 8])).shape, [5, 16, 10, 10]);
 * assertEquals(layer instanceof nn.ConvTranspose2d, true);
 * ```
 */
export class LazyConvTranspose2d
  extends Lazy<[x: Tensor, call?: ConvTransposeCall]> {
  /** The weight, of shape `[inChannels, outChannels / groups, ...kernelSize]`. */
  declare weight: Parameter;
  /** The bias, of shape `[outChannels]`, or null. */
  declare bias: Parameter | null;

  /**
   * Creates the layer.
   *
   * @param outChannels Number of channels of the output.
   * @param kernelSize Height and width of the kernel; one number for both.
   * @param options `stride`, `padding`, `outputPadding`, `dilation`, `groups`,
   * `bias`, `device` and `dtype`.
   * @throws {RangeError} If an option is out of range, as {@linkcode ConvTranspose2d} says.
   */
  constructor(
    outChannels: number,
    kernelSize: Size2d,
    options: ConvTranspose2dLayerOptions = {},
  ) {
    super({
      kind: ConvTranspose2d,
      dim: -3,
      sizes: [outChannels, kernelSize],
      options,
      inputs: 2,
    }, arguments);
  }
}

/**
 * A {@linkcode ConvTranspose3d} whose `inChannels` is the number of channels of
 * its first input. It then becomes a `ConvTranspose3d`. Call the model on an
 * example before its parameters are used, such as by an optimizer.
 *
 * @example Channels from the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyConvTranspose3d(4, 3);
 * assertEquals(layer.forward(randn([2, 3, 6, 6, 6])).shape, [2, 4, 8, 8, 8]);
 * assertEquals(layer instanceof nn.ConvTranspose3d, true);
 * ```
 */
export class LazyConvTranspose3d
  extends Lazy<[x: Tensor, call?: ConvTransposeCall]> {
  /** The weight, of shape `[inChannels, outChannels / groups, ...kernelSize]`. */
  declare weight: Parameter;
  /** The bias, of shape `[outChannels]`, or null. */
  declare bias: Parameter | null;

  /**
   * Creates the layer.
   *
   * @param outChannels Number of channels of the output.
   * @param kernelSize Depth, height and width of the kernel; one number for all.
   * @param options `stride`, `padding`, `outputPadding`, `dilation`, `groups`,
   * `bias`, `device` and `dtype`.
   * @throws {RangeError} If an option is out of range, as {@linkcode ConvTranspose3d} says.
   */
  constructor(
    outChannels: number,
    kernelSize: Size3d,
    options: ConvTranspose3dLayerOptions = {},
  ) {
    super({
      kind: ConvTranspose3d,
      dim: -4,
      sizes: [outChannels, kernelSize],
      options,
      inputs: 2,
    }, arguments);
  }
}
