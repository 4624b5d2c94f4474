/**
 * Images out of tensors, as one picture.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import {
  checkTensor,
  loadDisplay,
  parseArguments,
  showShape,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { passing, positiveInt } from "./_options.ts";

/**
 * Options of {@linkcode imageGridPng}.
 *
 * @example Two images in a row, with a margin of a pixel
 * ```ts
 * import { rand, train } from "@tenfold/tenfold";
 *
 * const options: train.ImageGridOptions = { columns: 2, padding: 1 };
 * const png = await train.imageGridPng(rand([4, 8, 8]), options);
 * ```
 */
export interface ImageGridOptions {
  /**
   * Images in a row.
   *
   * @default {as many as make the picture nearly square; for feature maps, the maps of one sample}
   */
  columns?: number;
  /**
   * Pixels between two images.
   *
   * @default {2}
   */
  padding?: number;
  /**
   * The values that are black and white. Without it, 0 and 1 if all values lie
   * between them, 0 and 255 if they are int32 and lie there, and else the
   * smallest and the largest value of all images.
   */
  range?: readonly [black: number, white: number];
}

const optionsSchema = z.strictObject({
  columns: z.optional(positiveInt),
  padding: z._default(
    z.int("must be a whole number from 0 on").check(
      z.gte(0, "must be a whole number from 0 on"),
    ),
    2,
  ),
  range: z.optional(
    passing<readonly [number, number]>(
      (value) =>
        Array.isArray(value) && value.length === 2 &&
        value.every(Number.isFinite),
      "must be two finite numbers",
    ).check(z.refine(([black, white]) => black < white, "must rise")),
  ),
});

const operation = "draw images";

/**
 * Draws the images in a tensor as a grid.
 *
 * @param images `[height, width]` for one grey image; `[channels, height,
 * width]` for one of 1 (grey), 3 (RGB) or 4 channels (RGBA); `[samples,
 * channels, height, width]` for several. Any other number of channels is drawn
 * as so many grey images, such as feature maps. NaN is black.
 * @param options `columns`, `padding` and `range`.
 * @returns A PNG file.
 * @throws {RangeError} If the shape holds no images, or an option has a wrong
 * value.
 *
 * @example The first digits of a data set
 * ```ts
 * import { data, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const digits = await data.loadDigits();
 * const images = digits.data.narrow(0, 0, 20).reshape([20, 1, 8, 8]);
 * const png = await train.imageGridPng(images, { columns: 10 });
 * assertEquals(
 *   [...png.subarray(1, 4)],
 *   [..."PNG"].map((c) => c.charCodeAt(0)),
 * );
 * ```
 */
export async function imageGridPng(
  images: Tensor,
  options: ImageGridOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const parsed = parseArguments(
    optionsSchema,
    { images },
    options,
    arguments,
    operation,
  );
  checkTensor(images, operation, "images");
  const { drawImages, encodePng } = await loadDisplay();
  const pixels = await drawImages(images, parsed);
  if (pixels === null) {
    throw new RangeError(
      `Cannot ${operation} of shape ${
        showShape(images.shape)
      } as it must be [height, width], [channels, height, width] or [samples, channels, height, width] without an empty dim`,
    );
  }
  return await encodePng(
    pixels.data,
    pixels.width,
    pixels.height,
    pixels.channels,
  );
}
