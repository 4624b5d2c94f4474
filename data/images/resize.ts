/**
 * Resizing of images.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { type Interpolation, resample } from "./_resample.ts";
import { type Size, sizeOption } from "./_transform_options.ts";
import { checkImage } from "./image.ts";
import type { Transform } from "./transform.ts";

/**
 * Options of transforms that resample.
 *
 * @example Cubic interpolation
 * ```ts
 * import { resize, type ResizeOptions } from "@tenfold/data/images";
 *
 * const options: ResizeOptions = { interpolation: "bicubic" };
 * const smaller = resize(128, options);
 * ```
 */
export interface ResizeOptions {
  /** The interpolation between pixels. @default {"bilinear"} */
  readonly interpolation?: Interpolation;
}

/** The schema of {@linkcode ResizeOptions}. */
export const interpolation: z.ZodMiniType<Interpolation> = z._default(
  z.enum(
    ["nearest", "bilinear", "bicubic"],
    'must be "nearest", "bilinear" or "bicubic"',
  ),
  "bilinear",
);

/**
 * Resizes images, with antialiasing when downsampling: the result has the same
 * bytes as that of Pillow, and so of torchvision's `Resize` of Pillow images.
 *
 * @param size `[height, width]`; a single number is the size of the shorter
 * side, and the aspect ratio is kept.
 * @param options `interpolation`.
 * @returns The transform.
 * @throws {TypeError} If an argument is of the wrong type, or an option unknown.
 *
 * @example Four pixels become one
 * ```ts
 * import { resize } from "@tenfold/data/images";
 * import { assertEquals } from "@std/assert";
 *
 * const data = Uint8Array.of(0, 0, 0, 100, 0, 0, 0, 100, 0, 100, 100, 0);
 * const small = resize(1)({ width: 2, height: 2, data }, Math.random);
 * assertEquals([...small.data], [50, 50, 0]);
 * ```
 */
export function resize(size: Size, options: ResizeOptions = {}): Transform {
  const operation = "resize images";
  const parsed = parseArguments(
    z.strictObject({ size: sizeOption, interpolation }),
    { size },
    options,
    arguments,
    operation,
  );
  return (image) => {
    checkImage(image, operation);
    const { width, height } = image;
    const long = (one: number) =>
      Math.trunc(one * Math.max(width, height) / Math.min(width, height));
    const [tall, wide] = typeof parsed.size !== "number"
      ? parsed.size
      : width < height
      ? [long(parsed.size), parsed.size]
      : [parsed.size, long(parsed.size)];
    return resample(image, wide, tall, parsed.interpolation);
  };
}
