/**
 * Options of transforms, checked.
 *
 * @module
 */
import * as z from "../_zod.ts";

/**
 * One extent for both sides, or the height and the width.
 *
 * @example A height and a width
 * ```ts
 * import { centerCrop, type Size } from "@tenfold/data/images";
 *
 * const size: Size = [224, 160];
 * const crop = centerCrop(size);
 * ```
 */
export type Size = number | readonly [height: number, width: number];

const positive = (value: unknown) =>
  Number.isInteger(value) && Number(value) > 0;

/** The schema of a {@linkcode Size}. */
export const sizeOption: z.ZodMiniType<Size> = z.custom<Size>(
  (value) =>
    positive(value) ||
    (Array.isArray(value) && value.length === 2 && value.every(positive)),
  "must be a positive integer, or [height, width]",
);

/** The schema of a probability. */
export const probability: z.ZodMiniType<number> = z.custom<number>(
  (value) => typeof value === "number" && value >= 0 && value <= 1,
  "must be a number from 0 to 1",
);

/** The schema of a range of positive numbers. */
export const rangeOption: z.ZodMiniType<readonly [number, number]> = z.custom<
  readonly [number, number]
>(
  (value) =>
    Array.isArray(value) && value.length === 2 && value[0] > 0 &&
    value[1] >= value[0] && Number.isFinite(value[1]),
  "must be [least, most], both positive",
);

/** Height and width. */
export function sidesOf(size: Size): readonly [number, number] {
  return typeof size === "number" ? [size, size] : size;
}
