/**
 * The options that convolutions and pooling have in common: sizes of windows,
 * one number for both dims or `[height, width]`.
 *
 * @module
 */
import { ShapeError, type Tensor } from "@tenfold/core";
import { checkTensor, showShape, tidyNow } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { positiveInteger } from "../_options.ts";

/**
 * One number for both dims, or `[height, width]`.
 *
 * @example A wide kernel
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const kernelSize: nn.Size2d = [3, 5];
 * const conv = new nn.Conv2d(3, 8, kernelSize);
 * ```
 */
export type Size2d = number | readonly [number, number];

/**
 * Height and width.
 *
 * @example The extents of an image
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const [height, width]: nn.Pair = [480, 640];
 * ```
 */
export type Pair = readonly [number, number];

const words = "must be a non-negative integer or a pair of them";

/** {@linkcode Size2d} of positive numbers. */
export const positiveSize: z.ZodMiniType<Size2d> = z.union(
  [positiveInteger, z.readonly(z.tuple([positiveInteger, positiveInteger]))],
  "must be a positive integer or a pair of them",
);

const natural = z.int().check(z.gte(0));

/** {@linkcode Size2d} that may be zero. */
export const naturalSize: z.ZodMiniType<Size2d> = z.union(
  [natural, z.readonly(z.tuple([natural, natural]))],
  words,
);

/** Height and width of a size. */
export function pairOf(size: Size2d): Pair {
  return typeof size === "number" ? [size, size] : size;
}

/** Calls `fn` with a batch: `[c, h, w]` is a batch of one. */
export function batched(
  x: Tensor,
  operation: string,
  fn: (x: Tensor) => Tensor,
): Tensor {
  checkTensor(x, "x", `apply ${operation}`);
  if (x.ndim === 4) return tidyNow(() => fn(x));
  if (x.ndim === 3) return tidyNow(() => fn(x.unsqueeze(0)).squeeze(0));
  throw new ShapeError(
    `Cannot apply ${operation} as the input must be [n, channels, height, width], or [channels, height, width]: got shape ${
      showShape(x.shape)
    }`,
  );
}
