/**
 * Transposed convolution.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { parseArguments, showShape } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { Convolution, type Sizes } from "./_convolution.ts";
import {
  checkOptions,
  flag,
  oneOf,
  placeFields,
  placeOf,
  type PlaceOptions,
  positiveInteger,
} from "./_options.ts";
import { convolveTransposed } from "./functional/_convolve.ts";
import {
  type AnySize,
  type Size1d,
  type Size3d,
  sizeSchema,
  sizesOf,
} from "./functional/_sizes.ts";
import type { Size2d } from "./functional/_windows.ts";
import {
  type TransposedConvolutionOptions,
  transposedFields,
} from "./functional/transposed_convolution.ts";

/**
 * Options of layers of transposed convolutions.
 *
 * @example Twice the extents
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.ConvTransposeLayerOptions<nn.Size2d> = {
 *   stride: 2,
 *   bias: false,
 * };
 * const layer = new nn.ConvTranspose2d(8, 4, 2, options);
 * assertEquals(layer.forward(randn([1, 8, 4, 4])).shape, [1, 4, 8, 8]);
 * ```
 */
export interface ConvTransposeLayerOptions<S extends AnySize>
  extends TransposedConvolutionOptions<S>, PlaceOptions {
  /** Whether the layer has a learnable bias. @default {true} */
  readonly bias?: boolean;
  /** Only `"zeros"`, as in PyTorch. @default {"zeros"} */
  readonly paddingMode?: "zeros";
}

/**
 * Options of {@linkcode ConvTranspose2d.forward} and of its siblings.
 *
 * @example The extents that a convolution had
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const call: nn.ConvTransposeCall = { outputSize: [8, 8] };
 * const layer = new nn.ConvTranspose2d(4, 4, 3, { stride: 2, padding: 1 });
 * assertEquals(layer.forward(randn([1, 4, 4, 4]), call).shape, [1, 4, 8, 8]);
 * ```
 */
export interface ConvTransposeCall {
  /**
   * The extents of the output without the batch and the channels, instead of
   * `outputPadding`.
   */
  readonly outputSize?: readonly number[];
}

const callSchema = () =>
  z.strictObject({
    outputSize: z.optional(z.readonly(z.array(positiveInteger))),
  });

/** The fields of a layer of `dims` dims. */
const fields = <S extends AnySize>(dims: number) => ({
  inChannels: positiveInteger,
  outChannels: positiveInteger,
  kernelSize: sizeSchema<S>(dims, "positive"),
  ...transposedFields<S>(dims),
  bias: z._default(flag, true),
  paddingMode: z.optional(oneOf("zeros")),
  ...placeFields,
});

const schemas = [
  () => z.strictObject(fields<Size1d>(1)),
  () => z.strictObject(fields<Size2d>(2)),
  () => z.strictObject(fields<Size3d>(3)),
] as const;

/**
 * The base class of transposed convolution layers.
 *
 * @example A function that takes any of them
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const cut = (layer: nn.TransposedConvolution<readonly number[]>) =>
 *   layer.padding;
 * assertEquals(cut(new nn.ConvTranspose1d(1, 2, 4, { padding: 1 })), [1]);
 * ```
 */
export abstract class TransposedConvolution<S extends Sizes>
  extends Convolution<S, [x: Tensor, call?: ConvTransposeCall]> {
  /** Amount cropped from each side of the output. */
  readonly padding: S;
  /** Elements added at the end of each dim of the output. */
  readonly outputPadding: S;

  /** Creates a layer of `dims` dims. */
  constructor(
    dims: 1 | 2 | 3,
    sizes: {
      readonly inChannels: number;
      readonly outChannels: number;
      readonly kernelSize: AnySize;
    },
    options: object,
    args: ArrayLike<unknown>,
  ) {
    const name = `ConvTranspose${dims}d`;
    const { padding = 0, outputPadding = 0, ...rest } = parseArguments(
      schemas[dims - 1]! as typeof schemas[0],
      sizes,
      options,
      args,
      `make a ${name}`,
    );
    super({ ...rest, name, dims, transposed: true, where: placeOf(rest) });
    this.padding = sizesOf(padding, dims) as S;
    this.outputPadding = sizesOf(outputPadding, dims) as S;
    const { stride, dilation } = this;
    const fits = this.outputPadding.every((amount, d) =>
      amount < Math.max(stride[d]!, dilation[d]!)
    );
    if (fits) return;
    throw new RangeError(
      `Cannot make a ${name} with an output padding of ${
        showShape(this.outputPadding)
      } as it must be less than the stride ${showShape(stride)} or dilation ${
        showShape(dilation)
      }`,
    );
  }

  /**
   * Applies the transposed convolution.
   *
   * @param x Of shape `[n, inChannels, ...extents]`, or without `n`.
   * @param call `outputSize`.
   * @throws {ShapeError} If the channels differ, or the output would be empty.
   * @throws {RangeError} If the output cannot have that size.
   */
  forward(x: Tensor, call: ConvTransposeCall = {}): Tensor {
    const { name } = this.constructor;
    checkOptions(callSchema, call, `apply ${name}`, arguments.length - 2);
    const { stride, padding, outputPadding, dilation, groups, weight } = this;
    const dims = stride.length as 1 | 2 | 3;
    const { outputSize } = call;
    if (outputSize && outputSize.length !== dims) {
      throw new RangeError(
        `Cannot apply ${name} as outputSize must hold ${dims} extents: got ${
          showShape(outputSize)
        }`,
      );
    }
    const options = { stride, padding, outputPadding, dilation, groups };
    return convolveTransposed(
      name,
      dims,
      x,
      weight,
      this.bias,
      outputSize ? { ...options, outputSize } : options,
    );
  }
}

/**
 * Options of {@linkcode ConvTranspose1d}.
 *
 * @example Twice the length
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.ConvTranspose1dLayerOptions = { stride: 2 };
 * const layer = new nn.ConvTranspose1d(4, 4, 2, options);
 * assertEquals(layer.forward(randn([1, 4, 5])).shape, [1, 4, 10]);
 * ```
 */
export type ConvTranspose1dLayerOptions = ConvTransposeLayerOptions<Size1d>;

/**
 * Transposed 1D convolution of sequences, the gradient of a convolution by its
 * input. Each extent of the output is `(extent - 1) stride - 2 padding +
 * dilation (kernel - 1) + outputPadding + 1`. Weight and bias are initialised
 * uniformly between -1/√k and 1/√k, where `k` is `outChannels / groups` times
 * the elements of the kernel.
 *
 * @example Twice the length
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { ConvTranspose1d } from "@tenfold/nn";
 *
 * const layer = new ConvTranspose1d(4, 2, 4, { stride: 2, padding: 1 });
 * assertEquals(layer.forward(randn([5, 4, 10])).shape, [5, 2, 20]);
 * ```
 */
export class ConvTranspose1d extends TransposedConvolution<readonly [number]> {
  /**
   * Creates the layer and initialises its weights.
   *
   * @param inChannels Number of channels of the input.
   * @param outChannels Number of channels of the output.
   * @param kernelSize Length of the kernel.
   * @param options `stride`, `padding`, `outputPadding`, `dilation`, `groups`,
   * `bias`, `device` and `dtype`.
   * @throws {RangeError} If a number is not a positive integer, or the output
   * padding is not less than stride or dilation.
   * @throws {ShapeError} If the groups do not divide the channels.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size1d,
    options: ConvTranspose1dLayerOptions = {},
  ) {
    super(1, { inChannels, outChannels, kernelSize }, options, arguments);
  }
}

/**
 * Options of {@linkcode ConvTranspose2d}.
 *
 * @example Twice the height, the same width
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.ConvTranspose2dLayerOptions = { stride: [2, 1] };
 * const layer = new nn.ConvTranspose2d(4, 4, [2, 1], options);
 * assertEquals(layer.forward(randn([1, 4, 5, 5])).shape, [1, 4, 10, 5]);
 * ```
 */
export type ConvTranspose2dLayerOptions = ConvTransposeLayerOptions<Size2d>;

/**
 * Transposed 2D convolution of images, the gradient of a convolution by its
 * input. Each extent of the output is `(extent - 1) stride - 2 padding +
 * dilation (kernel - 1) + outputPadding + 1`. Weight and bias are initialised
 * uniformly between -1/√k and 1/√k, where `k` is `outChannels / groups` times
 * the elements of the kernel.
 *
 * @example Twice the height and width
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { ConvTranspose2d } from "@tenfold/nn";
 *
 * const layer = new ConvTranspose2d(8, 4, 4, { stride: 2, padding: 1 });
 * assertEquals(layer.forward(randn([5, 8, 7, 7])).shape, [5, 4, 14, 14]);
 * ```
 */
export class ConvTranspose2d
  extends TransposedConvolution<readonly [number, number]> {
  /**
   * Creates the layer and initialises its weights.
   *
   * @param inChannels Number of channels of the input.
   * @param outChannels Number of channels of the output.
   * @param kernelSize Height and width of the kernel; one number for both.
   * @param options `stride`, `padding`, `outputPadding`, `dilation`, `groups`,
   * `bias`, `device` and `dtype`.
   * @throws {RangeError} If a number is not a positive integer, or the output
   * padding is not less than stride or dilation.
   * @throws {ShapeError} If the groups do not divide the channels.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size2d,
    options: ConvTranspose2dLayerOptions = {},
  ) {
    super(2, { inChannels, outChannels, kernelSize }, options, arguments);
  }
}

/**
 * Options of {@linkcode ConvTranspose3d}.
 *
 * @example Twice the extents
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.ConvTranspose3dLayerOptions = { stride: 2 };
 * const layer = new nn.ConvTranspose3d(2, 1, 2, options);
 * assertEquals(layer.forward(randn([1, 2, 3, 3, 3])).shape, [1, 1, 6, 6, 6]);
 * ```
 */
export type ConvTranspose3dLayerOptions = ConvTransposeLayerOptions<Size3d>;

/**
 * Transposed 3D convolution of volumes, the gradient of a convolution by its
 * input. Each extent of the output is `(extent - 1) stride - 2 padding +
 * dilation (kernel - 1) + outputPadding + 1`. Weight and bias are initialised
 * uniformly between -1/√k and 1/√k, where `k` is `outChannels / groups` times
 * the elements of the kernel.
 *
 * @example Twice every extent
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { ConvTranspose3d } from "@tenfold/nn";
 *
 * const layer = new ConvTranspose3d(4, 2, 2, { stride: 2 });
 * assertEquals(layer.forward(randn([1, 4, 3, 4, 5])).shape, [1, 2, 6, 8, 10]);
 * ```
 */
export class ConvTranspose3d
  extends TransposedConvolution<readonly [number, number, number]> {
  /**
   * Creates the layer and initialises its weights.
   *
   * @param inChannels Number of channels of the input.
   * @param outChannels Number of channels of the output.
   * @param kernelSize Depth, height and width of the kernel; one number for all.
   * @param options `stride`, `padding`, `outputPadding`, `dilation`, `groups`,
   * `bias`, `device` and `dtype`.
   * @throws {RangeError} If a number is not a positive integer, or the output
   * padding is not less than stride or dilation.
   * @throws {ShapeError} If the groups do not divide the channels.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size3d,
    options: ConvTranspose3dLayerOptions = {},
  ) {
    super(3, { inChannels, outChannels, kernelSize }, options, arguments);
  }
}
