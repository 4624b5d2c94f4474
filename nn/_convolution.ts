/**
 * Base class of convolution layers.
 *
 * @module
 */
import { ShapeError, type Tensor, type TensorOptions } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { INNER } from "./_inner.ts";
import { emptyParameter } from "./_empty.ts";
import { shownConvolution } from "./_shown_convolution.ts";
import {
  flag,
  oneOf,
  placeFields,
  placeOf,
  type PlaceOptions,
  positiveInteger,
} from "./_options.ts";
import { type AnySize, sizesOf } from "./functional/_sizes.ts";
import { padAround } from "./functional/pad.ts";
import { kaimingUniform_ } from "./init/kaiming.ts";
import { uniform_ } from "./init/plain.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/**
 * The padding mode of a convolution.
 *
 * @example Padding that continues the image at its other side
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const paddingMode: nn.PaddingMode = "circular";
 * const conv = new nn.Conv2d(3, 8, 3, { padding: 1, paddingMode });
 * ```
 */
export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";

/**
 * Options of convolution layers.
 *
 * @example No bias, as before a norm
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.ConvolutionLayerOptions = { bias: false };
 * const conv = new nn.Conv2d(3, 8, 3, options);
 * assertEquals(conv.bias, null);
 * ```
 */
export interface ConvolutionLayerOptions extends PlaceOptions {
  /** Whether the layer has a learnable bias. @default {true} */
  readonly bias?: boolean;
  /**
   * The padding mode of the input: `"zeros"`, or elements of the input as in
   * {@linkcode functional.pad}.
   *
   * @default {"zeros"}
   */
  readonly paddingMode?: PaddingMode;
}

/**
 * The sizes of a convolution, one number for each dim.
 *
 * @example The kernel of a layer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const sizes: nn.Sizes = new nn.Conv2d(3, 8, 5).kernelSize;
 * assertEquals(sizes, [5, 5]);
 * ```
 */
export type Sizes = readonly number[];

/** What a layer is made of. */
export interface ConvolutionFacts {
  readonly name: string;
  readonly transposed: boolean;
  readonly dims: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: AnySize;
  readonly stride?: AnySize | undefined;
  readonly dilation?: AnySize | undefined;
  readonly groups?: number | undefined;
  readonly bias: boolean;
  readonly where: TensorOptions;
}

/**
 * Base class of convolution layers.
 *
 * @example A function that takes any convolution
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const channels = (layer: nn.Convolution<readonly number[]>) =>
 *   [layer.inChannels, layer.outChannels];
 * assertEquals(channels(new nn.Conv1d(3, 8, 5)), [3, 8]);
 * assertEquals(channels(new nn.Conv2d(1, 4, 3)), [1, 4]);
 * ```
 */
export abstract class Convolution<
  S extends Sizes,
  Inputs extends readonly unknown[] = [Tensor],
> extends Module<Inputs> {
  /** Number of channels of the input. */
  readonly inChannels: number;
  /** Number of channels of the output. */
  readonly outChannels: number;
  /** Extents of the kernel. */
  readonly kernelSize: S;
  /** Stride of the window. */
  readonly stride: S;
  /** Spacing between the elements of the kernel. */
  readonly dilation: S;
  /** Number of groups of channels, each convolved with its own kernels. */
  readonly groups: number;
  /**
   * The weight, of shape `[outChannels, inChannels / groups, ...kernelSize]`,
   * or `[inChannels, outChannels / groups, ...kernelSize]` for transposed ones.
   */
  weight: Parameter;
  /** The bias, of shape `[outChannels]`, or null. */
  bias: Parameter | null;

  /** Creates the weight and the bias and initialises them. */
  constructor(facts: ConvolutionFacts) {
    super();
    const { name, dims, inChannels, outChannels, groups = 1, where } = facts;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ShapeError(
        `Cannot make a ${name} in ${groups} groups as they must divide the channels: got ${inChannels} in and ${outChannels} out`,
      );
    }
    const sizes = (size: AnySize) => sizesOf(size, dims) as S;
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = sizes(facts.kernelSize);
    this.stride = sizes(facts.stride ?? 1);
    this.dilation = sizes(facts.dilation ?? 1);
    this.groups = groups;
    const [first, second] = facts.transposed
      ? [inChannels, outChannels]
      : [outChannels, inChannels];
    const shape = [first, second / groups, ...this.kernelSize];
    this.weight = emptyParameter(shape, where);
    this.bias = facts.bias ? emptyParameter([outChannels], where) : null;
    this.resetParameters();
  }

  /** Reinitialises the weight and the bias. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (!this.bias) return;
    const fan = this.weight.shape.slice(1).reduce((a, b) => a * b, 1);
    const bound = 1 / Math.sqrt(fan);
    uniform_(this.bias, { a: -bound, b: bound });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownConvolution(this);
  }
}

/** The arguments of a layer, checked. */
export interface ConvolutionArguments {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: AnySize;
  readonly stride?: AnySize | undefined;
  readonly padding?: AnySize | "same" | "valid" | undefined;
  readonly dilation?: AnySize | undefined;
  readonly groups?: number | undefined;
  readonly bias: boolean;
  readonly paddingMode: PaddingMode;
  readonly device?: PlaceOptions["device"] | undefined;
  readonly dtype?: PlaceOptions["dtype"] | undefined;
}

/** The function that a layer applies. */
type Apply = (
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  // deno-lint-ignore no-explicit-any
  options: any,
) => Tensor;

/** The fields that all layers of convolutions have. */
export const layerFields = () => ({
  inChannels: positiveInteger,
  outChannels: positiveInteger,
  bias: z._default(flag, true),
  paddingMode: z._default(
    oneOf("zeros", "reflect", "replicate", "circular"),
    "zeros",
  ),
  ...placeFields,
});

/**
 * Base class of convolution layers that are not transposed.
 *
 * @example The padding of any of them
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const mode = (layer: nn.PaddedConvolution<nn.Sizes, nn.AnySize>) =>
 *   layer.paddingMode;
 * assertEquals(mode(new nn.Conv1d(1, 2, 3)), "zeros");
 * assertEquals(
 *   mode(new nn.Conv2d(1, 2, 3, { paddingMode: "reflect" })),
 *   "reflect",
 * );
 * ```
 */
export abstract class PaddedConvolution<S extends Sizes, P extends AnySize>
  extends Convolution<S> {
  /** Padding added to both sides of each dim. */
  readonly padding: P | "same" | "valid";
  /** The kind of padding. */
  readonly paddingMode: PaddingMode;
  declare private readonly [INNER]: {
    readonly apply: Apply;
    readonly options: object;
    /**
     * The amounts of a separate {@linkcode functional.pad}, if the padding mode
     * is not `"zeros"`; else null.
     */
    readonly around: readonly number[] | null;
  };

  /** Creates a layer of `dims` dims. */
  constructor(dims: number, name: string, apply: Apply, args: unknown) {
    const { padding = 0, paddingMode, ...rest } = args as ConvolutionArguments;
    const strides = sizesOf(rest.stride ?? 1, dims);
    if (padding === "same" && strides.some((step) => step !== 1)) {
      throw new RangeError(
        `Cannot make a ${name} with padding "same" and stride ${
          showShape(strides)
        }: only a stride of 1 keeps the extents`,
      );
    }
    super({ ...rest, name, dims, transposed: false, where: placeOf(rest) });
    this.padding = padding as P;
    this.paddingMode = paddingMode;
    const zeros = paddingMode === "zeros";
    const { stride, dilation, groups, kernelSize } = this;
    this[INNER] = {
      apply,
      options: { stride, padding: zeros ? padding : 0, dilation, groups },
      around: zeros ? null : amountsOf(padding, kernelSize, dilation),
    };
  }

  /**
   * Applies the convolution.
   *
   * @param x Of shape `[n, inChannels, ...extents]`, or without `n`.
   * @throws {ShapeError} If the channels differ, or the kernel does not fit.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    const { apply, around, options } = this[INNER];
    if (around === null) return apply(x, this.weight, this.bias, options);
    checkTensor(x, "x", `apply ${this.constructor.name}`);
    const mode = this.paddingMode as Exclude<PaddingMode, "zeros">;
    return tidyNow(() =>
      apply(padAround(x, around, mode), this.weight, this.bias, options)
    );
  }
}

/**
 * `[before, after]` of every dim from the last one on, as `pad` takes them; null
 * where nothing is added.
 */
export function amountsOf(
  padding: AnySize | "same" | "valid",
  kernelSize: Sizes,
  dilation: Sizes,
): readonly number[] | null {
  if (padding === "valid") return null;
  const pairs = padding === "same"
    ? kernelSize.map((size, d) => {
      const total = dilation[d]! * (size - 1);
      const before = Math.floor(total / 2);
      return [before, total - before];
    })
    : sizesOf(padding, kernelSize.length).map((amount) => [amount, amount]);
  const amounts = pairs.toReversed().flat();
  return amounts.every((amount) => amount === 0) ? null : amounts;
}
