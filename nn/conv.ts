/**
 * 1D and 3D convolution.
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
import { type Size1d, type Size3d, sizeSchema } from "./functional/_sizes.ts";
import {
  conv1d,
  type Conv1dOptions,
  conv3d,
  type Conv3dOptions,
  convolutionFields,
} from "./functional/convolution.ts";

/**
 * Options of {@linkcode Conv1d}.
 *
 * @example A causal-sized kernel that keeps the length
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.Conv1dLayerOptions = { padding: "same", dilation: 2 };
 * const y = new nn.Conv1d(4, 8, 3, options).forward(randn([1, 4, 16]));
 * assertEquals(y.shape, [1, 8, 16]);
 * ```
 */
export interface Conv1dLayerOptions
  extends Conv1dOptions, ConvolutionLayerOptions {}

/**
 * Options of {@linkcode Conv3d}.
 *
 * @example Half the extents
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.Conv3dLayerOptions = { stride: 2, padding: 1 };
 * const y = new nn.Conv3d(1, 4, 3, options).forward(randn([1, 1, 8, 8, 8]));
 * assertEquals(y.shape, [1, 4, 4, 4, 4]);
 * ```
 */
export interface Conv3dLayerOptions
  extends Conv3dOptions, ConvolutionLayerOptions {}

const schema1d = () =>
  z.strictObject({
    kernelSize: sizeSchema<Size1d>(1, "positive"),
    ...convolutionFields<Size1d>(1),
    ...layerFields(),
  });

/**
 * 1D convolution (cross-correlation) of sequences. Weight and bias are initialised
 * uniformly between -1/√k and 1/√k, where `k` is `inChannels / groups` times
 * the elements of the kernel.
 *
 * @example Sixteen features of every three steps
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { Conv1d } from "@tenfold/nn";
 *
 * const layer = new Conv1d(4, 16, 3, { padding: 1 });
 * assertEquals(layer.forward(randn([5, 4, 20])).shape, [5, 16, 20]);
 * ```
 */
export class Conv1d extends PaddedConvolution<readonly [number], Size1d> {
  /**
   * Creates the layer and initialises its weights.
   *
   * @param inChannels Number of channels of the input.
   * @param outChannels Number of channels of the output.
   * @param kernelSize Length of the kernel.
   * @param options `stride`, `padding`, `dilation`, `groups`, `bias`,
   * `paddingMode`, `device` and `dtype`.
   * @throws {RangeError} If a number is not a positive integer, or padding `"same"`
   * meets a stride above 1.
   * @throws {ShapeError} If the groups do not divide the channels.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size1d,
    options: Conv1dLayerOptions = {},
  ) {
    const parsed = parseArguments(
      schema1d,
      { inChannels, outChannels, kernelSize },
      options,
      arguments,
      "make a Conv1d",
    );
    super(1, "Conv1d", conv1d, parsed);
  }
}

const schema3d = () =>
  z.strictObject({
    kernelSize: sizeSchema<Size3d>(3, "positive"),
    ...convolutionFields<Size3d>(3),
    ...layerFields(),
  });

/**
 * 3D convolution (cross-correlation) of volumes. Weight and bias are initialised
 * uniformly between -1/√k and 1/√k, where `k` is `inChannels / groups` times
 * the elements of the kernel.
 *
 * @example Four feature maps out of one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { Conv3d } from "@tenfold/nn";
 *
 * const layer = new Conv3d(1, 4, 3, { padding: 1 });
 * assertEquals(layer.forward(randn([2, 1, 4, 6, 6])).shape, [2, 4, 4, 6, 6]);
 * ```
 */
export class Conv3d
  extends PaddedConvolution<readonly [number, number, number], Size3d> {
  /**
   * Creates the layer and initialises its weights.
   *
   * @param inChannels Number of channels of the input.
   * @param outChannels Number of channels of the output.
   * @param kernelSize Depth, height and width of the kernel; one number for all.
   * @param options `stride`, `padding`, `dilation`, `groups`, `bias`,
   * `paddingMode`, `device` and `dtype`.
   * @throws {RangeError} If a number is not a positive integer, or padding `"same"`
   * meets a stride above 1.
   * @throws {ShapeError} If the groups do not divide the channels.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size3d,
    options: Conv3dLayerOptions = {},
  ) {
    const parsed = parseArguments(
      schema3d,
      { inChannels, outChannels, kernelSize },
      options,
      arguments,
      "make a Conv3d",
    );
    super(3, "Conv3d", conv3d, parsed);
  }
}
