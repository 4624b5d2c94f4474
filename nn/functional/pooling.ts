import { applyWindows } from "@tenfold/core/internal";
import type { Tensor } from "@tenfold/core";
import * as z from "zod/mini";
import { checkOptions, flag, positiveInteger } from "../_options.ts";
import { adaptiveAverages, averages } from "./_averages.ts";
import {
  batched,
  naturalSize,
  pairOf,
  positiveSize,
  type Size2d,
} from "./_windows.ts";

/** What all pooling has in common. */
export interface PoolOptions {
  /** Height and width of the window. */
  readonly kernelSize: Size2d;
  /** Stride of the window. @default {kernelSize} */
  readonly stride?: Size2d;
  /** Padding added to both sides, at most half of the window. @default {0} */
  readonly padding?: Size2d;
  /** Whether output sizes are rounded up instead of down. @default {false} */
  readonly ceilMode?: boolean;
}

/** Options of {@linkcode maxPool2d}. */
export interface MaxPool2dOptions extends PoolOptions {
  /** Spacing between the elements of the window. @default {1} */
  readonly dilation?: Size2d;
}

/** Options of {@linkcode avgPool2d}. */
export interface AvgPool2dOptions extends PoolOptions {
  /** Whether the zeros of the padding count for the mean. @default {true} */
  readonly countIncludePad?: boolean;
  /** Divisor of each sum, instead of the number of elements. */
  readonly divisorOverride?: number;
}

const poolFields = {
  kernelSize: positiveSize,
  stride: z.optional(positiveSize),
  padding: z.optional(naturalSize),
  ceilMode: z.optional(flag),
} as const;

/** The schema of {@linkcode MaxPool2dOptions}. */
export const maxPool2dSchema = (): z.ZodMiniType<MaxPool2dOptions> =>
  z.strictObject({
    ...poolFields,
    dilation: z.optional(positiveSize),
  }) as unknown as z.ZodMiniType<MaxPool2dOptions>;

/** The schema of {@linkcode AvgPool2dOptions}. */
export const avgPool2dSchema = (): z.ZodMiniType<AvgPool2dOptions> =>
  z.strictObject({
    ...poolFields,
    countIncludePad: z.optional(flag),
    divisorOverride: z.optional(positiveInteger),
  }) as unknown as z.ZodMiniType<AvgPool2dOptions>;

/**
 * The largest element of each window. The gradient goes to the first of several
 * equal ones.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation` and `ceilMode`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * one.
 * @example Halve height and width
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arange } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = arange(16, { dtype: "float32" }).reshape([1, 4, 4]);
 * const y = functional.maxPool2d(x, { kernelSize: 2 });
 * assertEquals(await y.toArray(), [[[5, 7], [13, 15]]]);
 * ```
 */
export function maxPool2d(x: Tensor, options: MaxPool2dOptions): Tensor {
  checkOptions(
    maxPool2dSchema,
    options ?? {},
    "apply maxPool2d",
    arguments.length - 2,
  );
  const size = pairOf(options.kernelSize);
  return batched(x, "maxPool2d", (batch) =>
    applyWindows({
      name: "maxPool2d",
      size,
      stride: pairOf(options.stride ?? size),
      padding: pairOf(options.padding ?? 0),
      dilation: pairOf(options.dilation ?? 1),
      ceil: options.ceilMode ?? false,
    }, batch));
}

/**
 * Average pooling: the mean of each window.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `ceilMode`,
 * `countIncludePad` and `divisorOverride`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * one.
 * @example Halve height and width
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arange } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = arange(16, { dtype: "float32" }).reshape([1, 4, 4]);
 * const y = functional.avgPool2d(x, { kernelSize: 2 });
 * assertEquals(await y.toArray(), [[[2.5, 4.5], [10.5, 12.5]]]);
 * ```
 */
export function avgPool2d(x: Tensor, options: AvgPool2dOptions): Tensor {
  checkOptions(
    avgPool2dSchema,
    options ?? {},
    "apply avgPool2d",
    arguments.length - 2,
  );
  return batched(
    x,
    "avgPool2d",
    (batch) => averages(batch, 2, options, "avgPool2d"),
  );
}

/** Height and width of the output; null keeps that of the input. */
export type AdaptiveSize = number | readonly [number | null, number | null];

/** Options of {@linkcode adaptiveAvgPool2d}. */
export interface AdaptiveAvgPool2dOptions {
  /** Height and width of the output; null keeps that of the input. */
  readonly outputSize: AdaptiveSize;
}

/** The schema of {@linkcode AdaptiveAvgPool2dOptions}. */
export const adaptiveSchema = (): z.ZodMiniType<AdaptiveAvgPool2dOptions> =>
  z.strictObject({
    outputSize: z.union(
      [
        positiveInteger,
        z.readonly(
          z.tuple([z.nullable(positiveInteger), z.nullable(positiveInteger)]),
        ),
      ],
      "must be a positive integer or a pair of them or of null",
    ),
  }) as unknown as z.ZodMiniType<AdaptiveAvgPool2dOptions>;

/**
 * Means of as many windows as the result has elements: window `i` of `n` covers
 * the elements from `floor(i extent / n)` to `ceil((i + 1) extent / n)`.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If the size is not a positive integer.
 * @throws {ShapeError} If the input has no height or no width.
 * @example One number a channel
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arange } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = arange(8, { dtype: "float32" }).reshape([2, 2, 2]);
 * const y = functional.adaptiveAvgPool2d(x, { outputSize: 1 });
 * assertEquals(await y.toArray(), [[[1.5]], [[5.5]]]);
 * ```
 */
export function adaptiveAvgPool2d(
  x: Tensor,
  options: AdaptiveAvgPool2dOptions,
): Tensor {
  checkOptions(
    adaptiveSchema,
    options ?? {},
    "apply adaptiveAvgPool2d",
    arguments.length - 2,
  );
  const { outputSize } = options;
  return batched(x, "adaptiveAvgPool2d", (batch) => {
    const [height, width] = [batch.shape[2]!, batch.shape[3]!];
    const size = typeof outputSize === "number"
      ? [outputSize, outputSize]
      : [outputSize[0] ?? height, outputSize[1] ?? width];
    return adaptiveAverages(batch, size, "adaptiveAvgPool2d");
  });
}
