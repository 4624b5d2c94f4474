import type { Tensor } from "@tenfold/core";
import * as z from "../_zod.ts";
import { checkOptions, positiveInteger, splitOptions } from "../_options.ts";
import { convolve } from "./_convolve.ts";
import {
  type AnySize,
  type Size1d,
  type Size3d,
  sizeSchema,
} from "./_sizes.ts";

/**
 * Options of a convolution whose sizes are of type `S`.
 *
 * @example Every second element of the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const options: nn.ConvolutionOptions<nn.Size1d> = { dilation: 2 };
 * const y = nn.functional.conv1d(
 *   ones([1, 1, 5]),
 *   ones([1, 1, 3]),
 *   null,
 *   options,
 * );
 * assertEquals(await y.toArray(), [[[3]]]);
 * ```
 */
export interface ConvolutionOptions<S extends AnySize> {
  /** Stride of the window. @default {1} */
  readonly stride?: S;
  /**
   * Zero padding added to both sides of each dim: an amount, `"valid"` for none,
   * or `"same"` for as much as keeps the extents, with a stride of 1.
   *
   * @default {0}
   */
  readonly padding?: S | "same" | "valid";
  /** Spacing between the elements of the kernel. @default {1} */
  readonly dilation?: S;
  /** Number of groups of channels, each convolved with its own kernels. @default {1} */
  readonly groups?: number;
}

/**
 * Options of {@linkcode conv1d}.
 *
 * @example Zeros around the input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const options: nn.Conv1dOptions = { padding: 1 };
 * const y = nn.functional.conv1d(
 *   ones([1, 1, 3]),
 *   ones([1, 1, 3]),
 *   null,
 *   options,
 * );
 * assertEquals(await y.toArray(), [[[2, 3, 2]]]);
 * ```
 */
export type Conv1dOptions = ConvolutionOptions<Size1d>;
/**
 * Options of {@linkcode conv3d}.
 *
 * @example The same extents
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.Conv3dOptions = { padding: "same" };
 * const x = randn([1, 2, 4, 4, 4]);
 * const y = nn.functional.conv3d(x, randn([3, 2, 3, 3, 3]), null, options);
 * assertEquals(y.shape, [1, 3, 4, 4, 4]);
 * ```
 */
export type Conv3dOptions = ConvolutionOptions<Size3d>;

/** The fields of {@linkcode ConvolutionOptions}. */
export const convolutionFields = <S extends AnySize>(dims: number) => ({
  stride: z.optional(sizeSchema<S>(dims, "positive")),
  padding: z.optional(z.union(
    [
      sizeSchema<S>(dims, "non-negative"),
      z.literal("same"),
      z.literal("valid"),
    ],
    `must be a non-negative integer, an array of ${dims}, "same" or "valid"`,
  )),
  dilation: z.optional(sizeSchema<S>(dims, "positive")),
  groups: z.optional(positiveInteger),
});

const schemas = {
  conv1d: () => z.strictObject(convolutionFields<Size1d>(1)),
  conv3d: () => z.strictObject(convolutionFields<Size3d>(3)),
};

/** Convolves with a bias and options that may be left out. */
function call(
  name: "conv1d" | "conv3d",
  x: Tensor,
  weight: Tensor,
  rest: readonly (Tensor | object | null | undefined)[],
  extra: number,
): Tensor {
  const operation = `apply ${name}`;
  const [[bias = null], options] = splitOptions(operation, ["bias"], rest);
  checkOptions(schemas[name], options, operation, extra);
  return convolve(name, name === "conv1d" ? 1 : 3, x, weight, bias, options);
}

/**
 * Cross-correlation of sequences with kernels:
 * `out[n, o, i] = bias[o] + sum over c, k of weight[o, c, k] *
 * x[n, c, i * stride + k * dilation - padding]`.
 *
 * @param x Of shape `[n, in, length]`, or without `n`.
 * @param weight Of shape `[out, in / groups, kernel length]`.
 * @param bias Of shape `[out]`; may be left out, also before options.
 * @param options `stride`, `padding`, `dilation` and `groups`.
 * @throws {ShapeError} If channels or groups do not match, or the kernel is larger than the padded input.
 * @example Sums of neighbours
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.conv1d(ones([1, 1, 4]), ones([1, 1, 2]));
 * assertEquals(await y.toArray(), [[[2, 2, 2]]]);
 * ```
 */
export function conv1d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: Conv1dOptions,
): Tensor;
/**
 * {@linkcode conv1d} without a bias.
 *
 * @param x Of shape `[n, in, length]`, or without `n`.
 * @param weight Of shape `[out, in / groups, kernel length]`.
 * @param options `stride`, `padding`, `dilation` and `groups`.
 */
export function conv1d(
  x: Tensor,
  weight: Tensor,
  options: Conv1dOptions,
): Tensor;
export function conv1d(
  x: Tensor,
  weight: Tensor,
  ...rest: (Tensor | Conv1dOptions | null | undefined)[]
): Tensor {
  return call("conv1d", x, weight, rest, arguments.length - 4);
}

/**
 * Cross-correlation of volumes with kernels, as {@linkcode conv2d} of images.
 *
 * @param x Of shape `[n, in, depth, height, width]`, or without `n`.
 * @param weight Of shape `[out, in / groups, kernel depth, height, width]`.
 * @param bias Of shape `[out]`; may be left out, also before options.
 * @param options `stride`, `padding`, `dilation` and `groups`.
 * @throws {ShapeError} If channels or groups do not match, or the kernel is larger than the padded input.
 * @example The sum of every window
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.conv3d(ones([1, 1, 2, 3, 3]), ones([1, 1, 2, 2, 2]));
 * assertEquals(await y.toArray(), [[[[[8, 8], [8, 8]]]]]);
 * ```
 */
export function conv3d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: Conv3dOptions,
): Tensor;
/**
 * {@linkcode conv3d} without a bias.
 *
 * @param x Of shape `[n, in, depth, height, width]`, or without `n`.
 * @param weight Of shape `[out, in / groups, kernel depth, height, width]`.
 * @param options `stride`, `padding`, `dilation` and `groups`.
 */
export function conv3d(
  x: Tensor,
  weight: Tensor,
  options: Conv3dOptions,
): Tensor;
export function conv3d(
  x: Tensor,
  weight: Tensor,
  ...rest: (Tensor | Conv3dOptions | null | undefined)[]
): Tensor {
  return call("conv3d", x, weight, rest, arguments.length - 4);
}
