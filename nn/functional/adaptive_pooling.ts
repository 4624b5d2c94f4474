import type { Tensor } from "@tenfold/core";
import * as z from "zod/mini";
import { checkOptions, positiveInteger } from "../_options.ts";
import { adaptiveAverages } from "./_averages.ts";
import { adaptiveMaxPool, type ValuesAndPositions } from "./_max_pool.ts";
import { batchedIn, sizesOf } from "./_sizes.ts";

/** The extents of the output; null keeps that of the input. */
export type AdaptiveSizes = number | readonly (number | null)[];

/** Options of adaptive pooling. */
export interface AdaptivePoolOptions {
  /** The extents of the output; null keeps that of the input. */
  readonly outputSize: AdaptiveSizes;
}

const adaptive = (dims: number) => (): z.ZodMiniType<AdaptivePoolOptions> =>
  z.strictObject({
    outputSize: z.union(
      [
        positiveInteger,
        z.readonly(
          z.array(z.nullable(positiveInteger)).check(z.length(dims)),
        ),
      ],
      `must be a positive integer or an array of ${dims} of them or of null`,
    ),
  }) as unknown as z.ZodMiniType<AdaptivePoolOptions>;

/** The schemas of {@linkcode AdaptivePoolOptions}, by the number of dims. */
export const ADAPTIVE: readonly (() => z.ZodMiniType<AdaptivePoolOptions>)[] = [
  /* @__PURE__ */ adaptive(0),
  /* @__PURE__ */ adaptive(1),
  /* @__PURE__ */ adaptive(2),
  /* @__PURE__ */ adaptive(3),
];

const WITHOUT = { outputSize: undefined };

/** The extents that are asked for. */
const wanted = (x: Tensor, size: AdaptiveSizes, dims: number): number[] =>
  typeof size === "number"
    ? [...sizesOf(size, dims)]
    : size.map((extent, d) => extent ?? x.shape[2 + d]!);

/**
 * Means of as many windows as the result has elements: window `i` of `n` covers
 * the elements from `floor(i extent / n)` to `ceil((i + 1) extent / n)`.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If a size is not a positive integer.
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
 * Means of as many windows as the result has elements: window `i` of `n` covers
 * the elements from `floor(i extent / n)` to `ceil((i + 1) extent / n)`.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If a size is not a positive integer.
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

/**
 * The largest elements of as many windows as the result has elements: they
 * lie as those of {@linkcode adaptiveAvgPool2d}.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `outputSize`.
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
export function adaptiveMaxPool1d(
  x: Tensor,
  options: AdaptivePoolOptions,
): Tensor {
  const name = "adaptiveMaxPool1d";
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
    (batch) => adaptiveMaxPool(batch, wanted(batch, options.outputSize, 1))[0],
  );
}

/**
 * The largest elements of as many windows as the result has elements, and their
 * positions (int32) in the input of their channel: they
 * lie as those of {@linkcode adaptiveAvgPool2d}.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If a size is not a positive integer.
 */
export function adaptiveMaxPool1dWithIndices(
  x: Tensor,
  options: AdaptivePoolOptions,
): ValuesAndPositions {
  const name = "adaptiveMaxPool1dWithIndices";
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
    (batch) => adaptiveMaxPool(batch, wanted(batch, options.outputSize, 1)),
  );
}

/**
 * The largest elements of as many windows as the result has elements: they
 * lie as those of {@linkcode adaptiveAvgPool2d}.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If a size is not a positive integer.
 */
export function adaptiveMaxPool2d(
  x: Tensor,
  options: AdaptivePoolOptions,
): Tensor {
  const name = "adaptiveMaxPool2d";
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
    (batch) => adaptiveMaxPool(batch, wanted(batch, options.outputSize, 2))[0],
  );
}

/**
 * The largest elements of as many windows as the result has elements, and their
 * positions (int32) in the input of their channel: they
 * lie as those of {@linkcode adaptiveAvgPool2d}.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If a size is not a positive integer.
 */
export function adaptiveMaxPool2dWithIndices(
  x: Tensor,
  options: AdaptivePoolOptions,
): ValuesAndPositions {
  const name = "adaptiveMaxPool2dWithIndices";
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
    (batch) => adaptiveMaxPool(batch, wanted(batch, options.outputSize, 2)),
  );
}

/**
 * The largest elements of as many windows as the result has elements: they
 * lie as those of {@linkcode adaptiveAvgPool2d}.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If a size is not a positive integer.
 */
export function adaptiveMaxPool3d(
  x: Tensor,
  options: AdaptivePoolOptions,
): Tensor {
  const name = "adaptiveMaxPool3d";
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
    (batch) => adaptiveMaxPool(batch, wanted(batch, options.outputSize, 3))[0],
  );
}

/**
 * The largest elements of as many windows as the result has elements, and their
 * positions (int32) in the input of their channel: they
 * lie as those of {@linkcode adaptiveAvgPool2d}.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If a size is not a positive integer.
 */
export function adaptiveMaxPool3dWithIndices(
  x: Tensor,
  options: AdaptivePoolOptions,
): ValuesAndPositions {
  const name = "adaptiveMaxPool3dWithIndices";
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
    (batch) => adaptiveMaxPool(batch, wanted(batch, options.outputSize, 3)),
  );
}
