/**
 * 2D convolution.
 *
 * @module
 */
import { ShapeError, type Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "zod/mini";
import { emptyParameter } from "./_empty.ts";
import {
  flag,
  placeFields,
  placeOf,
  type PlaceOptions,
  positiveInteger,
} from "./_options.ts";
import {
  type Pair,
  pairOf,
  positiveSize,
  type Size2d,
} from "./functional/_windows.ts";
import {
  conv2d,
  conv2dFields,
  type Conv2dOptions,
  type Padding2d,
} from "./functional/conv2d.ts";
import { kaimingUniform_ } from "./init/kaiming.ts";
import { uniform_ } from "./init/plain.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/** Options of {@linkcode Conv2d}. */
export interface Conv2dLayerOptions extends Conv2dOptions, PlaceOptions {
  /** Whether the layer has a learnable bias. @default {true} */
  readonly bias?: boolean;
}

const schema = () =>
  z.strictObject({
    inChannels: positiveInteger,
    outChannels: positiveInteger,
    kernelSize: positiveSize,
    ...conv2dFields,
    bias: z._default(flag, true),
    ...placeFields,
  });

/**
 * 2D convolution (cross-correlation) of images. Weight and bias are initialised
 * uniformly between -1/√k and 1/√k, where `k` is `inChannels / groups` times
 * the height and width of the kernel.
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
export class Conv2d extends Module {
  /** Number of channels of the input. */
  readonly inChannels: number;
  /** Number of channels of the output. */
  readonly outChannels: number;
  /** Height and width of the kernel. */
  readonly kernelSize: Pair;
  /** Stride of the window. */
  readonly stride: Pair;
  /** Zero padding added to both sides of height and width. */
  readonly padding: Padding2d;
  /** Spacing between the elements of the kernel. */
  readonly dilation: Pair;
  /** Number of groups of channels, each convolved with its own kernels. */
  readonly groups: number;
  /** The weight, of shape `[outChannels, inChannels / groups, ...kernelSize]`. */
  weight: Parameter;
  /** The bias, of shape `[outChannels]`, or null. */
  bias: Parameter | null;
  readonly #options: Conv2dOptions;

  /**
   * Creates the layer and initialises its weights.
   *
   * @param inChannels Number of channels of the input.
   * @param outChannels Number of channels of the output.
   * @param kernelSize Height and width of the kernel; one number for both.
   * @param options `stride`, `padding`, `dilation`, `groups`, `bias`, `device` and
   * `dtype`.
   * @throws {RangeError} If a number is not a positive integer.
   * @throws {ShapeError} If the groups do not divide the channels.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size2d,
    options: Conv2dLayerOptions = {},
  ) {
    super();
    const parsed = parseArguments(
      schema,
      { inChannels, outChannels, kernelSize },
      options,
      arguments,
      "make a Conv2d",
    );
    const { groups = 1, stride = 1, padding = 0, dilation = 1 } = parsed;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ShapeError(
        `Cannot make a Conv2d in ${groups} groups as they must divide the channels: got ${inChannels} in and ${outChannels} out`,
      );
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = pairOf(kernelSize);
    this.stride = pairOf(stride);
    this.padding = padding;
    this.dilation = pairOf(dilation);
    this.groups = groups;
    this.#options = {
      stride: this.stride,
      padding,
      dilation: this.dilation,
      groups,
    };
    const where = placeOf(parsed);
    const shape = [outChannels, inChannels / groups, ...this.kernelSize];
    this.weight = emptyParameter(shape, where);
    this.bias = parsed.bias ? emptyParameter([outChannels], where) : null;
    this.resetParameters();
  }

  /** Initialises weight and bias anew. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (!this.bias) return;
    const [, channels, height, width] = this.weight.shape;
    const bound = 1 / Math.sqrt(channels! * height! * width!);
    uniform_(this.bias, { a: -bound, b: bound });
  }

  /**
   * Applies the convolution.
   *
   * @param x Of shape `[n, inChannels, height, width]`, or without `n`.
   * @throws {ShapeError} If the channels differ, or the kernel does not fit.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return conv2d(x, this.weight, this.bias, this.#options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const { inChannels, outChannels, kernelSize, stride, padding } = this;
    return `${inChannels}, ${outChannels}, kernelSize=[${
      kernelSize.join(", ")
    }], stride=[${stride.join(", ")}], padding=${
      typeof padding === "object" ? `[${padding.join(", ")}]` : padding
    }`;
  }
}
