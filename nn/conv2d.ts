/**
 * 2D convolution.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import {
  type ConvolutionLayerOptions,
  layerFields,
  PaddedConvolution,
} from "./_convolution.ts";
import { type Pair, positiveSize, type Size2d } from "./functional/_windows.ts";
import {
  conv2d,
  conv2dFields,
  type Conv2dOptions,
} from "./functional/conv2d.ts";

/**
 * Options of {@linkcode Conv2d}.
 *
 * @example A depthwise convolution
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.Conv2dLayerOptions = { padding: 1, groups: 8 };
 * const conv = new nn.Conv2d(8, 8, 3, options);
 * assertEquals(conv.weight.shape, [8, 1, 3, 3]);
 * ```
 */
export interface Conv2dLayerOptions
  extends Conv2dOptions, ConvolutionLayerOptions {}

const schema = () =>
  z.strictObject({
    kernelSize: positiveSize,
    ...conv2dFields,
    ...layerFields(),
  });

/**
 * 2D convolution (cross-correlation) of images. Weight and bias are initialised
 * uniformly between -1/√k and 1/√k, where `k` is `inChannels / groups` times
 * the elements of the kernel.
 *
 * @example Sixteen feature maps out of one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { Conv2d } from "@tenfold/nn";
 *
 * const layer = new Conv2d(1, 16, 3, { padding: 1 });
 * assertEquals(layer.forward(randn([5, 1, 28, 28])).shape, [5, 16, 28, 28]);
 * ```
 */
export class Conv2d extends PaddedConvolution<Pair, Size2d> {
  /**
   * Creates the layer and initialises its weights.
   *
   * @param inChannels Number of channels of the input.
   * @param outChannels Number of channels of the output.
   * @param kernelSize Height and width of the kernel; one number for both.
   * @param options `stride`, `padding`, `dilation`, `groups`, `bias`,
   * `paddingMode`, `device` and `dtype`.
   * @throws {RangeError} If a number is not a positive integer, or padding `"same"`
   * meets a stride above 1.
   * @throws {ShapeError} If the groups do not divide the channels.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size2d,
    options: Conv2dLayerOptions = {},
  ) {
    const parsed = parseArguments(
      schema,
      { inChannels, outChannels, kernelSize },
      options,
      arguments,
      "make a Conv2d",
    );
    super(2, "Conv2d", conv2d, parsed);
  }
}
