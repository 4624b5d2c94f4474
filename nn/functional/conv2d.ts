import { ShapeError, type Tensor } from "@tenfold/core";
import {
  applyWindows,
  checkTensor,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions, positiveInteger, splitOptions } from "../_options.ts";
import { commonDType } from "./_common_dtype.ts";
import {
  batched,
  naturalSize,
  type Pair,
  pairOf,
  positiveSize,
  type Size2d,
} from "./_windows.ts";

/**
 * Zero padding: an amount, `"same"` or `"valid"`.
 *
 * @example As much as keeps the extents
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const padding: nn.Padding2d = "same";
 * const conv = new nn.Conv2d(3, 8, 5, { padding });
 * ```
 */
export type Padding2d = Size2d | "same" | "valid";

/**
 * Options of {@linkcode conv2d}.
 *
 * @example Half the extents
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.Conv2dOptions = { stride: 2, padding: 1 };
 * const x = randn([2, 3, 8, 8]);
 * const y = nn.functional.conv2d(x, randn([4, 3, 3, 3]), null, options);
 * assertEquals(y.shape, [2, 4, 4, 4]);
 * ```
 */
export interface Conv2dOptions {
  /** Stride of the window. @default {1} */
  readonly stride?: Size2d;
  /**
   * Zero padding added to both sides of height and width: an amount, `"valid"`
   * for none, or `"same"` for as much as keeps height and width, with a stride
   * of 1.
   *
   * @default {0}
   */
  readonly padding?: Padding2d;
  /** Spacing between the elements of the kernel. @default {1} */
  readonly dilation?: Size2d;
  /** Number of groups of channels, each convolved with its own kernels. @default {1} */
  readonly groups?: number;
}

/** The fields of {@linkcode Conv2dOptions}. */
export const conv2dFields = {
  stride: z.optional(positiveSize),
  padding: z.optional(z.union(
    [naturalSize, z.literal("same"), z.literal("valid")],
    'must be a non-negative integer, a pair of them, "same" or "valid"',
  )),
  dilation: z.optional(positiveSize),
  groups: z.optional(positiveInteger),
} as const;

const schema = () => z.strictObject(conv2dFields);

/**
 * Cross-correlation of images with kernels:
 * `out[n, o, i, j] = bias[o] + sum over c, k, l of weight[o, c, k, l] *
 * x[n, c, i * stride + k * dilation - padding, ...]`.
 *
 * @param x Of shape `[n, in, height, width]`, or without `n`.
 * @param weight Of shape `[out, in / groups, kernel height, kernel width]`.
 * @param bias Of shape `[out]`; may be left out, also before options.
 * @param options `stride`, `padding`, `dilation` and `groups`.
 * @returns Of shape `[n, out, oh, ow]` with
 * `oh = floor((height + 2 padding - dilation (kernel - 1) - 1) / stride) + 1`.
 * @throws {ShapeError} If channels or groups do not match, or the kernel is
 * larger than the padded input.
 * @example The sum of every 2×2 window
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.conv2d(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]));
 * assertEquals(await y.toArray(), [[[[4, 4], [4, 4]]]]);
 * ```
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: Conv2dOptions,
): Tensor;
/**
 * {@linkcode conv2d} without a bias.
 *
 * @param x Of shape `[n, in, height, width]`, or without `n`.
 * @param weight Of shape `[out, in / groups, kernel height, kernel width]`.
 * @param options `stride`, `padding`, `dilation` and `groups`.
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  options: Conv2dOptions,
): Tensor;
export function conv2d(
  x: Tensor,
  weight: Tensor,
  ...rest: (Tensor | Conv2dOptions | null | undefined)[]
): Tensor {
  const [[bias = null], options] = splitOptions<Conv2dOptions>(
    "apply conv2d",
    ["bias"],
    rest,
  );
  checkOptions(schema, options, "apply conv2d", arguments.length - 4);
  checkTensor(x, "x", "apply conv2d");
  checkTensor(weight, "the weight", "apply conv2d");
  if (weight.ndim !== 4) {
    throw new ShapeError(
      `Cannot apply conv2d as the weight must be [out, in / groups, height, width]: got shape ${
        showShape(weight.shape)
      }`,
    );
  }
  const dtype = commonDType(x, weight, bias);
  if (dtype !== null) {
    return tidyNow(() =>
      conv2d(x.cast(dtype), weight.cast(dtype), bias?.cast(dtype), options)
    );
  }
  const stride = pairOf(options?.stride ?? 1);
  const dilation = pairOf(options?.dilation ?? 1);
  const groups = options?.groups ?? 1;
  return batched(x, "conv2d", (batch) => {
    const [, , height, width] = weight.shape;
    const { input, padding } = paddedFor(
      batch,
      [height!, width!],
      options?.padding ?? 0,
      stride,
      dilation,
    );
    const op = { name: "conv2d", stride, padding, dilation, groups } as const;
    return bias
      ? applyWindows(op, input, weight, bias)
      : applyWindows(op, input, weight);
  });
}

/** The padding in numbers; an odd amount of "same" is added beforehand. */
export function paddedFor(
  x: Tensor,
  kernel: Pair,
  padding: Padding2d,
  stride: Pair,
  dilation: Pair,
): { input: Tensor; padding: Pair } {
  if (padding === "valid") return { input: x, padding: [0, 0] };
  if (padding !== "same") return { input: x, padding: pairOf(padding) };
  if (stride[0] !== 1 || stride[1] !== 1) {
    throw new RangeError(
      `Cannot apply conv2d with padding "same" and stride ${
        showShape(stride)
      }: only a stride of 1 keeps height and width`,
    );
  }
  const total = [
    dilation[0] * (kernel[0] - 1),
    dilation[1] * (kernel[1] - 1),
  ] as const;
  const half: Pair = [Math.floor(total[0] / 2), Math.floor(total[1] / 2)];
  const [bottom, right] = [total[0] % 2, total[1] % 2];
  const input = bottom || right ? x.pad([0, right, 0, bottom]) : x;
  return { input, padding: half };
}
