/**
 * Random flips of images.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { probability } from "./_transform_options.ts";
import { checkImage, type Image } from "./image.ts";
import type { Transform } from "./transform.ts";

/**
 * Options of {@linkcode randomHorizontalFlip} and
 * {@linkcode randomVerticalFlip}.
 *
 * @example Every image
 * ```ts
 * import {
 *   type FlipOptions,
 *   randomHorizontalFlip,
 * } from "@tenfold/data/images";
 *
 * const options: FlipOptions = { p: 1 };
 * const mirror = randomHorizontalFlip(options);
 * ```
 */
export interface FlipOptions {
  /** Probability of an image being flipped. @default {0.5} */
  readonly p?: number;
}

function flipped(image: Image, across: boolean): Image {
  const { width, height } = image;
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y++) {
    if (!across) {
      const row = image.data.subarray(y * width * 3, (y + 1) * width * 3);
      data.set(row, (height - 1 - y) * width * 3);
      continue;
    }
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      const to = (y * width + width - 1 - x) * 3;
      data.set(image.data.subarray(from, from + 3), to);
    }
  }
  return { width, height, data };
}

function randomFlip(
  options: FlipOptions,
  args: IArguments,
  across: boolean,
): Transform {
  const operation = "flip images";
  const { p } = parseArguments(
    z.strictObject({ p: z._default(probability, 0.5) }),
    {},
    options,
    args,
    operation,
  );
  return (image, random) => {
    checkImage(image, operation);
    return random() < p ? flipped(image, across) : image;
  };
}

/**
 * Flips images horizontally with probability `p`.
 *
 * @param options `p`.
 * @returns The transform.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 *
 * @example Two pixels
 * ```ts
 * import { randomHorizontalFlip } from "@tenfold/data/images";
 * import { assertEquals } from "@std/assert";
 *
 * const data = Uint8Array.of(1, 1, 1, 2, 2, 2);
 * const flip = randomHorizontalFlip({ p: 1 });
 * const { data: made } = flip({ width: 2, height: 1, data }, Math.random);
 * assertEquals([...made], [2, 2, 2, 1, 1, 1]);
 * ```
 */
export function randomHorizontalFlip(options: FlipOptions = {}): Transform {
  return randomFlip(options, arguments, true);
}

/**
 * Flips images vertically with probability `p`.
 *
 * @param options `p`.
 * @returns The transform.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 *
 * @example Two pixels
 * ```ts
 * import { randomVerticalFlip } from "@tenfold/data/images";
 * import { assertEquals } from "@std/assert";
 *
 * const data = Uint8Array.of(1, 1, 1, 2, 2, 2);
 * const flip = randomVerticalFlip({ p: 1 });
 * const { data: made } = flip({ width: 1, height: 2, data }, Math.random);
 * assertEquals([...made], [2, 2, 2, 1, 1, 1]);
 * ```
 */
export function randomVerticalFlip(options: FlipOptions = {}): Transform {
  return randomFlip(options, arguments, false);
}
