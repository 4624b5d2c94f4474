import type { Tensor } from "@tenfold/core";
import * as z from "zod/mini";
import { checkOptions, flag } from "../_options.ts";
import { maxPool, type ValuesAndPositions } from "./_max_pool.ts";
import {
  type AnySize,
  batchedIn,
  type Size1d,
  type Size3d,
  sizeSchema,
} from "./_sizes.ts";
import { type MaxPool2dOptions, maxPool2dSchema } from "./pooling.ts";

/** Options of max pooling whose sizes are of type `S`. */
export interface MaxPoolOptions<S extends AnySize> {
  /** Extents of the window. */
  readonly kernelSize: S;
  /** Stride of the window. @default {kernelSize} */
  readonly stride?: S;
  /** Padding added to both sides, at most half of the window. @default {0} */
  readonly padding?: S;
  /** Spacing between the elements of the window. @default {1} */
  readonly dilation?: S;
  /** Whether output sizes are rounded up instead of down. @default {false} */
  readonly ceilMode?: boolean;
}

/** Options of {@linkcode maxPool1d}. */
export type MaxPool1dOptions = MaxPoolOptions<Size1d>;
/** Options of {@linkcode maxPool3d}. */
export type MaxPool3dOptions = MaxPoolOptions<Size3d>;

const fields = <S extends AnySize>(dims: number) => ({
  kernelSize: sizeSchema<S>(dims, "positive"),
  stride: z.optional(sizeSchema<S>(dims, "positive")),
  padding: z.optional(sizeSchema<S>(dims, "non-negative")),
  dilation: z.optional(sizeSchema<S>(dims, "positive")),
  ceilMode: z.optional(flag),
});

/** The schema of {@linkcode MaxPool1dOptions}. */
export const maxPool1dSchema = (): z.ZodMiniType<MaxPool1dOptions> =>
  z.strictObject(fields<Size1d>(1)) as unknown as z.ZodMiniType<
    MaxPool1dOptions
  >;
/** The schema of {@linkcode MaxPool3dOptions}. */
export const maxPool3dSchema = (): z.ZodMiniType<MaxPool3dOptions> =>
  z.strictObject(fields<Size3d>(3)) as unknown as z.ZodMiniType<
    MaxPool3dOptions
  >;

/** What is missing where no options are given. */
const NONE = { kernelSize: undefined };

/**
 * The largest element of each window. The gradient goes to the first of several
 * equal ones.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation` and `ceilMode`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * one.
 * @example Pairs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[1, 3, 2, 0]]);
 * const y = functional.maxPool1d(x, { kernelSize: 2 });
 * assertEquals(await y.toArray(), [[3, 2]]);
 * ```
 */
export function maxPool1d(x: Tensor, options: MaxPool1dOptions): Tensor {
  const name = "maxPool1d";
  checkOptions(
    maxPool1dSchema,
    options ?? NONE,
    `apply ${name}`,
    arguments.length - 2,
  );
  return batchedIn(1, x, name, (batch) => maxPool(batch, 1, options)[0]);
}

/**
 * The largest element of each window. The gradient goes to the first of several
 * equal ones.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation` and `ceilMode`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * one.
 */
export function maxPool3d(x: Tensor, options: MaxPool3dOptions): Tensor {
  const name = "maxPool3d";
  checkOptions(
    maxPool3dSchema,
    options ?? NONE,
    `apply ${name}`,
    arguments.length - 2,
  );
  return batchedIn(3, x, name, (batch) => maxPool(batch, 3, options)[0]);
}

/**
 * The largest element of each window, and its position (int32) in the input of
 * its channel, counted in C order, as {@linkcode maxUnpool1d} takes it.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation` and `ceilMode`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * one.
 */
export function maxPool1dWithIndices(
  x: Tensor,
  options: MaxPool1dOptions,
): ValuesAndPositions {
  const name = "maxPool1dWithIndices";
  checkOptions(
    maxPool1dSchema,
    options ?? NONE,
    `apply ${name}`,
    arguments.length - 2,
  );
  return batchedIn(1, x, name, (batch) => maxPool(batch, 1, options));
}

/**
 * The largest element of each window, and its position (int32) in the input of
 * its channel, counted in C order, as {@linkcode maxUnpool2d} takes it.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation` and `ceilMode`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * one.
 * @example Where the largest elements are
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[1, 2], [4, 3]]]);
 * const [y, at] = functional.maxPool2dWithIndices(x, { kernelSize: 2 });
 * assertEquals([await y.item(), await at.item()], [4, 2]);
 * ```
 */
export function maxPool2dWithIndices(
  x: Tensor,
  options: MaxPool2dOptions,
): ValuesAndPositions {
  const name = "maxPool2dWithIndices";
  checkOptions(
    maxPool2dSchema,
    options ?? NONE,
    `apply ${name}`,
    arguments.length - 2,
  );
  return batchedIn(2, x, name, (batch) => maxPool(batch, 2, options));
}

/**
 * The largest element of each window, and its position (int32) in the input of
 * its channel, counted in C order, as {@linkcode maxUnpool3d} takes it.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation` and `ceilMode`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * one.
 */
export function maxPool3dWithIndices(
  x: Tensor,
  options: MaxPool3dOptions,
): ValuesAndPositions {
  const name = "maxPool3dWithIndices";
  checkOptions(
    maxPool3dSchema,
    options ?? NONE,
    `apply ${name}`,
    arguments.length - 2,
  );
  return batchedIn(3, x, name, (batch) => maxPool(batch, 3, options));
}
