import type { Tensor } from "@tenfold/core";
import * as z from "../_zod.ts";
import { checkOptions, flag, positiveInteger } from "../_options.ts";
import { adaptiveAverages } from "./_averages.ts";
import {
  adaptiveMaxPool,
  type Pooled,
  type ValuesAndPositions,
} from "./_max_pool.ts";
import { batchedIn, sizesOf } from "./_sizes.ts";

/**
 * The extents of the output; null keeps that of the input.
 *
 * @example The height as it is, a width of 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const outputSize: nn.AdaptiveSizes = [null, 1];
 * const x = randn([2, 3, 8, 8]);
 * const y = nn.functional.adaptiveAvgPool2d(x, { outputSize });
 * assertEquals(y.shape, [2, 3, 8, 1]);
 * ```
 */
export type AdaptiveSizes = number | readonly (number | null)[];

/**
 * Options of adaptive pooling.
 *
 * @example One number for each channel
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.AdaptivePoolOptions = { outputSize: 1 };
 * const x = randn([2, 3, 8, 8]);
 * assertEquals(
 *   nn.functional.adaptiveAvgPool2d(x, options).shape,
 *   [2, 3, 1, 1],
 * );
 * ```
 */
export interface AdaptivePoolOptions {
  /** The extents of the output; null keeps that of the input. */
  readonly outputSize: AdaptiveSizes;
}

/**
 * Options of adaptive max pooling; `I` is whether indices are returned.
 *
 * @example With the indices
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.AdaptiveMaxPoolOptions<true> = {
 *   outputSize: 4,
 *   returnIndices: true,
 * };
 * const x = randn([2, 3, 8, 8]);
 * const [values, indices] = nn.functional.adaptiveMaxPool2d(x, options);
 * assertEquals(indices.dtype, "int32");
 * ```
 */
export interface AdaptiveMaxPoolOptions<I extends boolean = false>
  extends AdaptivePoolOptions {
  /**
   * Whether to return `[values, indices]`, where an index (int32) is the
   * position of a value in the input of its channel, in C order.
   *
   * @default {false}
   */
  readonly returnIndices?: I;
}

const outputSize = (dims: number) =>
  z.union(
    [
      positiveInteger,
      z.readonly(z.array(z.nullable(positiveInteger)).check(z.length(dims))),
    ],
    `must be a positive integer or an array of ${dims} of them or of null`,
  );

const adaptive = (dims: number) => (): z.ZodMiniType<AdaptivePoolOptions> =>
  z.strictObject({
    outputSize: outputSize(dims),
  }) as unknown as z.ZodMiniType<AdaptivePoolOptions>;

const adaptiveMax =
  (dims: number) => (): z.ZodMiniType<AdaptiveMaxPoolOptions<boolean>> =>
    z.strictObject({
      outputSize: outputSize(dims),
      returnIndices: z.optional(flag),
    }) as unknown as z.ZodMiniType<AdaptiveMaxPoolOptions<boolean>>;

/** The schemas of {@linkcode AdaptivePoolOptions}, by the number of dims. */
export const ADAPTIVE: readonly (() => z.ZodMiniType<AdaptivePoolOptions>)[] = [
  /* @__PURE__ */ adaptive(0),
  /* @__PURE__ */ adaptive(1),
  /* @__PURE__ */ adaptive(2),
  /* @__PURE__ */ adaptive(3),
];

/** The schemas of {@linkcode AdaptiveMaxPoolOptions}, by the number of dims. */
export const ADAPTIVE_MAX: readonly (() => z.ZodMiniType<
  AdaptiveMaxPoolOptions<boolean>
>)[] = [
  /* @__PURE__ */ adaptiveMax(0),
  /* @__PURE__ */ adaptiveMax(1),
  /* @__PURE__ */ adaptiveMax(2),
  /* @__PURE__ */ adaptiveMax(3),
];

const WITHOUT = { outputSize: undefined };

/** The extents that are asked for. */
const wanted = (x: Tensor, size: AdaptiveSizes, dims: number): number[] =>
  typeof size === "number"
    ? [...sizesOf(size, dims)]
    : size.map((extent, d) => extent ?? x.shape[2 + d]!);

/**
 * Averages windows whose number is the size of the output: window `i` of `n`
 * covers the elements from `floor(i extent / n)` to `ceil((i + 1) extent / n)`.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If a size is not a positive integer.
 * @example Two means
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[1, 3, 5, 7]]);
 * const y = functional.adaptiveAvgPool1d(x, { outputSize: 2 });
 * assertEquals(await y.toArray(), [[2, 6]]);
 * ```
 */
export function adaptiveAvgPool1d(
  x: Tensor,
  options: AdaptivePoolOptions,
): Tensor {
  const name = "adaptiveAvgPool1d";
  checkOptions(
    ADAPTIVE[1]!,
    options ?? WITHOUT,
    `apply ${name}`,
    arguments.length - 2,
  );
  return batchedIn(
    1,
    x,
    name,
    (batch) =>
      adaptiveAverages(batch, wanted(batch, options.outputSize, 1), name),
  );
}

/**
 * Averages windows whose number is the size of the output: window `i` of `n`
 * covers the elements from `floor(i extent / n)` to `ceil((i + 1) extent / n)`.
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
  options: AdaptivePoolOptions,
): Tensor {
  const name = "adaptiveAvgPool2d";
  checkOptions(
    ADAPTIVE[2]!,
    options ?? WITHOUT,
    `apply ${name}`,
    arguments.length - 2,
  );
  return batchedIn(
    2,
    x,
    name,
    (batch) =>
      adaptiveAverages(batch, wanted(batch, options.outputSize, 2), name),
  );
}

/**
 * Averages windows whose number is the size of the output: window `i` of `n`
 * covers the elements from `floor(i extent / n)` to `ceil((i + 1) extent / n)`.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If a size is not a positive integer.
 * @example One mean for each channel
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = ones([1, 2, 3, 4, 5]);
 * const y = functional.adaptiveAvgPool3d(x, { outputSize: 1 });
 * assertEquals(y.shape, [1, 2, 1, 1, 1]);
 * ```
 */
export function adaptiveAvgPool3d(
  x: Tensor,
  options: AdaptivePoolOptions,
): Tensor {
  const name = "adaptiveAvgPool3d";
  checkOptions(
    ADAPTIVE[3]!,
    options ?? WITHOUT,
    `apply ${name}`,
    arguments.length - 2,
  );
  return batchedIn(
    3,
    x,
    name,
    (batch) =>
      adaptiveAverages(batch, wanted(batch, options.outputSize, 3), name),
  );
}

/** Checks the options and pools in `dims` dims. */
function largest<I extends boolean>(
  dims: 1 | 2 | 3,
  x: Tensor,
  options: AdaptiveMaxPoolOptions<boolean>,
  name: string,
  extra: number,
  positions?: I,
): Pooled<I> {
  checkOptions(
    ADAPTIVE_MAX[dims]!,
    options ?? WITHOUT,
    `apply ${name}`,
    extra,
  );
  return batchedIn<Pooled<boolean>>(dims, x, name, (batch) => {
    const size = wanted(batch, options.outputSize, dims);
    const both = adaptiveMaxPool(batch, size);
    return positions ? both : both[0];
  }) as Pooled<I>;
}

/**
 * The largest element of each window, as many as the output has elements,
 * placed as those of {@linkcode adaptiveAvgPool2d}.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `outputSize` and `returnIndices`.
 * @throws {RangeError} If a size is not a positive integer.
 * @example Three of four
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[1, 3, 2, 0]]);
 * const y = functional.adaptiveMaxPool1d(x, { outputSize: 3 });
 * assertEquals(await y.toArray(), [[3, 3, 2]]);
 * ```
 */
export function adaptiveMaxPool1d<I extends boolean = false>(
  x: Tensor,
  options: AdaptiveMaxPoolOptions<I>,
): Pooled<I> {
  const name = "adaptiveMaxPool1d";
  const extra = arguments.length - 2;
  return largest(1, x, options, name, extra, options?.returnIndices);
}

/**
 * The largest element of each window, as many as the output has elements,
 * placed as those of {@linkcode adaptiveAvgPool2d}.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `outputSize` and `returnIndices`.
 * @throws {RangeError} If a size is not a positive integer.
 * @example One number a channel
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[1, 3], [2, 0]]]);
 * const y = functional.adaptiveMaxPool2d(x, { outputSize: 1 });
 * assertEquals(await y.item(), 3);
 * ```
 */
export function adaptiveMaxPool2d<I extends boolean = false>(
  x: Tensor,
  options: AdaptiveMaxPoolOptions<I>,
): Pooled<I> {
  const name = "adaptiveMaxPool2d";
  const extra = arguments.length - 2;
  return largest(2, x, options, name, extra, options?.returnIndices);
}

/**
 * The largest element of each window, as many as the output has elements,
 * placed as those of {@linkcode adaptiveAvgPool2d}.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param options `outputSize` and `returnIndices`.
 * @throws {RangeError} If a size is not a positive integer.
 * @example Where the largest element is
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[[1, 3], [2, 0]]]]);
 * const options = { outputSize: 1, returnIndices: true } as const;
 * const [, at] = functional.adaptiveMaxPool3d(x, options);
 * assertEquals(await at.item(), 1);
 * ```
 */
export function adaptiveMaxPool3d<I extends boolean = false>(
  x: Tensor,
  options: AdaptiveMaxPoolOptions<I>,
): Pooled<I> {
  const name = "adaptiveMaxPool3d";
  const extra = arguments.length - 2;
  return largest(3, x, options, name, extra, options?.returnIndices);
}

/**
 * The largest element of each window, as many as the output has elements, and
 * its index (int32) in the input of its channel; windows are placed as those of
 * {@linkcode adaptiveAvgPool2d}.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If a size is not a positive integer.
 * @example Where the largest element is
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[1, 3, 2, 0]]);
 * const [, at] = functional.adaptiveMaxPool1dWithIndices(x, { outputSize: 1 });
 * assertEquals(await at.item(), 1);
 * ```
 */
export function adaptiveMaxPool1dWithIndices(
  x: Tensor,
  options: AdaptiveMaxPoolOptions<boolean>,
): ValuesAndPositions {
  const name = "adaptiveMaxPool1dWithIndices";
  return largest(1, x, options, name, arguments.length - 2, true);
}

/**
 * The largest element of each window, as many as the output has elements, and
 * its index (int32) in the input of its channel; windows are placed as those of
 * {@linkcode adaptiveAvgPool2d}.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If a size is not a positive integer.
 * @example Where the largest element is
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[1, 3], [2, 0]]]);
 * const [, at] = functional.adaptiveMaxPool2dWithIndices(x, { outputSize: 1 });
 * assertEquals(await at.item(), 1);
 * ```
 */
export function adaptiveMaxPool2dWithIndices(
  x: Tensor,
  options: AdaptiveMaxPoolOptions<boolean>,
): ValuesAndPositions {
  const name = "adaptiveMaxPool2dWithIndices";
  return largest(2, x, options, name, arguments.length - 2, true);
}

/**
 * The largest element of each window, as many as the output has elements, and
 * its index (int32) in the input of its channel; windows are placed as those of
 * {@linkcode adaptiveAvgPool2d}.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If a size is not a positive integer.
 * @example Where the largest element is
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[[1, 3], [2, 0]]]]);
 * const [, at] = functional.adaptiveMaxPool3dWithIndices(x, { outputSize: 1 });
 * assertEquals(await at.item(), 1);
 * ```
 */
export function adaptiveMaxPool3dWithIndices(
  x: Tensor,
  options: AdaptiveMaxPoolOptions<boolean>,
): ValuesAndPositions {
  const name = "adaptiveMaxPool3dWithIndices";
  return largest(3, x, options, name, arguments.length - 2, true);
}
