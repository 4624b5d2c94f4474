import type { Tensor } from "@tenfold/core";
import * as z from "../_zod.ts";
import { checkOptions, positiveInteger, splitOptions } from "../_options.ts";
import { convolveTransposed } from "./_convolve.ts";
import {
  type AnySize,
  type Size1d,
  type Size3d,
  sizeSchema,
} from "./_sizes.ts";
import type { Size2d } from "./_windows.ts";

/**
 * Options of a transposed convolution whose sizes are of type `S`.
 *
 * @example Twice the extents
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones, randn } from "@tenfold/tenfold";
 *
 * const options: nn.TransposedConvolutionOptions<nn.Size2d> = { stride: 2 };
 * const x = randn([2, 3, 8, 8]);
 * const y = nn.functional.convTranspose2d(
 *   x,
 *   ones([3, 4, 2, 2]),
 *   null,
 *   options,
 * );
 * assertEquals(y.shape, [2, 4, 16, 16]);
 * ```
 */
export interface TransposedConvolutionOptions<S extends AnySize> {
  /** Stride of the convolution that is transposed. @default {1} */
  readonly stride?: S;
  /**
   * Padding of the convolution that is transposed: the amount cropped from each
   * side.
   *
   * @default {0}
   */
  readonly padding?: S;
  /**
   * Number of elements added at the end of each dim, less than the stride or
   * the dilation.
   *
   * @default {0}
   */
  readonly outputPadding?: S;
  /** Spacing between the elements of the kernel. @default {1} */
  readonly dilation?: S;
  /** Number of groups of channels, each convolved with its own kernels. @default {1} */
  readonly groups?: number;
}

/**
 * Options of {@linkcode convTranspose1d}.
 *
 * @example Zeros between the elements
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.ConvTranspose1dOptions = { stride: 2 };
 * const [x, w] = [tensor([[[1, 2]]]), ones([1, 1, 1])];
 * const y = nn.functional.convTranspose1d(x, w, null, options);
 * assertEquals(await y.toArray(), [[[1, 0, 2]]]);
 * ```
 */
export type ConvTranspose1dOptions = TransposedConvolutionOptions<Size1d>;
/**
 * Options of {@linkcode convTranspose2d}.
 *
 * @example Extents of 2 n
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones, randn } from "@tenfold/tenfold";
 *
 * const options: nn.ConvTranspose2dOptions = {
 *   stride: 2,
 *   padding: 1,
 *   outputPadding: 1,
 * };
 * const x = randn([2, 3, 8, 8]);
 * const y = nn.functional.convTranspose2d(
 *   x,
 *   ones([3, 4, 3, 3]),
 *   null,
 *   options,
 * );
 * assertEquals(y.shape, [2, 4, 16, 16]);
 * ```
 */
export type ConvTranspose2dOptions = TransposedConvolutionOptions<Size2d>;
/**
 * Options of {@linkcode convTranspose3d}.
 *
 * @example Twice the extents
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones, randn } from "@tenfold/tenfold";
 *
 * const options: nn.ConvTranspose3dOptions = { stride: 2 };
 * const [x, w] = [randn([1, 2, 3, 3, 3]), ones([2, 1, 2, 2, 2])];
 * const y = nn.functional.convTranspose3d(x, w, null, options);
 * assertEquals(y.shape, [1, 1, 6, 6, 6]);
 * ```
 */
export type ConvTranspose3dOptions = TransposedConvolutionOptions<Size3d>;

/** The fields of {@linkcode TransposedConvolutionOptions}. */
export const transposedFields = <S extends AnySize>(dims: number) => ({
  stride: z.optional(sizeSchema<S>(dims, "positive")),
  padding: z.optional(sizeSchema<S>(dims, "non-negative")),
  outputPadding: z.optional(sizeSchema<S>(dims, "non-negative")),
  dilation: z.optional(sizeSchema<S>(dims, "positive")),
  groups: z.optional(positiveInteger),
});

const schemas = [
  () => z.strictObject(transposedFields<Size1d>(1)),
  () => z.strictObject(transposedFields<Size2d>(2)),
  () => z.strictObject(transposedFields<Size3d>(3)),
];

/** Convolves with a bias and options that may be left out. */
function call(
  name: string,
  x: Tensor,
  weight: Tensor,
  rest: readonly (Tensor | object | null | undefined)[],
  extra: number,
): Tensor {
  const operation = `apply ${name}`;
  const [[bias = null], options] = splitOptions(operation, ["bias"], rest);
  const dims = Number(name[name.length - 2]) as 1 | 2 | 3;
  checkOptions(schemas[dims - 1]!, options, operation, extra);
  return convolveTransposed(name, dims, x, weight, bias, options);
}

/**
 * Transposed convolution of sequences: the gradient of {@linkcode conv1d} with
 * respect to its input. The output has the extent
 * `(extent - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1`.
 *
 * @param x Of shape `[n, in, length]`, or without `n`.
 * @param weight Of shape `[in, out / groups, kernel length]`.
 * @param bias Of shape `[out]`; may be omitted, also before options.
 * @param options `stride`, `padding`, `outputPadding`, `dilation` and `groups`.
 * @throws {ShapeError} If channels or groups do not match, or the output would be empty.
 * @example Every element twice
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[1, 2, 3]]]);
 * const y = functional.convTranspose1d(x, ones([1, 1, 2]), { stride: 2 });
 * assertEquals(await y.toArray(), [[[1, 1, 2, 2, 3, 3]]]);
 * ```
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: ConvTranspose1dOptions,
): Tensor;
/**
 * {@linkcode convTranspose1d} without a bias.
 *
 * @param x Of shape `[n, in, length]`, or without `n`.
 * @param weight Of shape `[in, out / groups, kernel length]`.
 * @param options `stride`, `padding`, `outputPadding`, `dilation` and `groups`.
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  options: ConvTranspose1dOptions,
): Tensor;
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  ...rest: (Tensor | ConvTranspose1dOptions | null | undefined)[]
): Tensor {
  return call("convTranspose1d", x, weight, rest, arguments.length - 4);
}

/**
 * Transposed convolution of images: the gradient of {@linkcode conv2d} with
 * respect to its input. Height and width of the output are
 * `(extent - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1`.
 *
 * @param x Of shape `[n, in, height, width]`, or without `n`.
 * @param weight Of shape `[in, out / groups, kernel height, kernel width]`.
 * @param bias Of shape `[out]`; may be omitted, also before options.
 * @param options `stride`, `padding`, `outputPadding`, `dilation` and `groups`.
 * @throws {ShapeError} If channels or groups do not match, or the output would be empty.
 * @example Twice the height and width
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.convTranspose2d(
 *   ones([1, 4, 3, 3]),
 *   ones([4, 2, 2, 2]),
 *   {
 *     stride: 2,
 *   },
 * );
 * assertEquals(y.shape, [1, 2, 6, 6]);
 * ```
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: ConvTranspose2dOptions,
): Tensor;
/**
 * {@linkcode convTranspose2d} without a bias.
 *
 * @param x Of shape `[n, in, height, width]`, or without `n`.
 * @param weight Of shape `[in, out / groups, kernel height, kernel width]`.
 * @param options `stride`, `padding`, `outputPadding`, `dilation` and `groups`.
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  options: ConvTranspose2dOptions,
): Tensor;
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  ...rest: (Tensor | ConvTranspose2dOptions | null | undefined)[]
): Tensor {
  return call("convTranspose2d", x, weight, rest, arguments.length - 4);
}

/**
 * Transposed convolution of volumes: the gradient of {@linkcode conv3d} with
 * respect to its input. Each extent of the output is
 * `(extent - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1`.
 *
 * @param x Of shape `[n, in, depth, height, width]`, or without `n`.
 * @param weight Of shape `[in, out / groups, kernel depth, height, width]`.
 * @param bias Of shape `[out]`; may be omitted, also before options.
 * @param options `stride`, `padding`, `outputPadding`, `dilation` and `groups`.
 * @throws {ShapeError} If channels or groups do not match, or the output would be empty.
 * @example Twice every extent
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.convTranspose3d(
 *   ones([1, 4, 2, 2, 2]),
 *   ones([4, 1, 2, 2, 2]),
 *   { stride: 2 },
 * );
 * assertEquals(y.shape, [1, 1, 4, 4, 4]);
 * ```
 */
export function convTranspose3d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: ConvTranspose3dOptions,
): Tensor;
/**
 * {@linkcode convTranspose3d} without a bias.
 *
 * @param x Of shape `[n, in, depth, height, width]`, or without `n`.
 * @param weight Of shape `[in, out / groups, kernel depth, height, width]`.
 * @param options `stride`, `padding`, `outputPadding`, `dilation` and `groups`.
 */
export function convTranspose3d(
  x: Tensor,
  weight: Tensor,
  options: ConvTranspose3dOptions,
): Tensor;
export function convTranspose3d(
  x: Tensor,
  weight: Tensor,
  ...rest: (Tensor | ConvTranspose3dOptions | null | undefined)[]
): Tensor {
  return call("convTranspose3d", x, weight, rest, arguments.length - 4);
}
