/**
 * Crops of images.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { resample } from "./_resample.ts";
import {
  rangeOption,
  sidesOf,
  type Size,
  sizeOption,
} from "./_transform_options.ts";
import { checkImage, type Image } from "./image.ts";
import { interpolation, type ResizeOptions } from "./resize.ts";
import type { Random } from "./random.ts";
import type { Transform } from "./transform.ts";

/**
 * Options of {@linkcode randomCrop}.
 *
 * @example As for CIFAR-10
 * ```ts
 * import { randomCrop, type RandomCropOptions } from "@tenfold/data/images";
 *
 * const options: RandomCropOptions = { padding: 4 };
 * const crop = randomCrop(32, options);
 * ```
 */
export interface RandomCropOptions {
  /** Number of black pixels added on each side before cropping. @default {0} */
  readonly padding?: number;
}

/**
 * Options of {@linkcode randomResizedCrop}.
 *
 * @example At least half of the area
 * ```ts
 * import {
 *   randomResizedCrop,
 *   type RandomResizedCropOptions,
 * } from "@tenfold/data/images";
 *
 * const options: RandomResizedCropOptions = { scale: [0.5, 1] };
 * const crop = randomResizedCrop(224, options);
 * ```
 */
export interface RandomResizedCropOptions extends ResizeOptions {
  /** Range of the fraction of the area that is kept. @default {[0.08, 1]} */
  readonly scale?: readonly [number, number];
  /**
   * Range of the aspect ratio, width divided by height.
   *
   * @default {[3 / 4, 4 / 3]}
   */
  readonly ratio?: readonly [number, number];
}

/** The part that begins at `left`, `top`; black where there is no picture. */
function part(
  image: Image,
  left: number,
  top: number,
  width: number,
  height: number,
): Image {
  const data = new Uint8Array(width * height * 3);
  const begin = Math.max(0, left);
  const end = Math.min(image.width, left + width);
  for (let y = 0; y < height && begin < end; y++) {
    const row = top + y;
    if (row < 0 || row >= image.height) continue;
    const from = row * image.width;
    data.set(
      image.data.subarray((from + begin) * 3, (from + end) * 3),
      (y * width + begin - left) * 3,
    );
  }
  return { width, height, data };
}

/** An integer from 0 to `most`. */
const upTo = (most: number, random: Random) =>
  Math.floor(random() * (most + 1));

/** Rounds halves to even numbers, as Python does. */
function roundEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}

/**
 * Crops images at the centre; smaller ones are padded with black.
 *
 * @param size The size of the crop: one number for both sides, or
 * `[height, width]`.
 * @returns The transform.
 * @throws {TypeError} If `size` is not of this form.
 *
 * @example The middle pixel
 * ```ts
 * import { centerCrop } from "@tenfold/data/images";
 * import { assertEquals } from "@std/assert";
 *
 * const data = Uint8Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3);
 * const middle = centerCrop(1)({ width: 3, height: 1, data }, Math.random);
 * assertEquals([...middle.data], [2, 2, 2]);
 * ```
 */
export function centerCrop(size: Size): Transform {
  const operation = "crop images";
  const parsed = parseArguments(
    z.strictObject({ size: sizeOption }),
    { size },
    {},
    arguments,
    operation,
  );
  const [height, width] = sidesOf(parsed.size);
  return (image) => {
    checkImage(image, operation);
    const left = (image.width - width) / 2;
    const top = (image.height - height) / 2;
    // Where it is smaller, the odd pixel of padding lies behind it.
    return part(
      image,
      left < 0 ? Math.ceil(left) : roundEven(left),
      top < 0 ? Math.ceil(top) : roundEven(top),
      width,
      height,
    );
  };
}

/**
 * Crops images at a random position.
 *
 * @param size The size of the crop: one number for both sides, or
 * `[height, width]`.
 * @param options `padding`.
 * @returns The transform; it throws a `RangeError` for images that are smaller
 * than the crop, padding included.
 * @throws {TypeError} If an argument is of the wrong type, or an option unknown.
 *
 * @example As for CIFAR
 * ```ts
 * import { randomCrop } from "@tenfold/data/images";
 *
 * const shift = randomCrop(32, { padding: 4 });
 * ```
 */
export function randomCrop(
  size: Size,
  options: RandomCropOptions = {},
): Transform {
  const operation = "crop images";
  const natural = "must be an integer from 0 on";
  const { padding, ...parsed } = parseArguments(
    z.strictObject({
      size: sizeOption,
      padding: z._default(z.int(natural).check(z.gte(0, natural)), 0),
    }),
    { size },
    options,
    arguments,
    operation,
  );
  const [height, width] = sidesOf(parsed.size);
  return (image, random) => {
    checkImage(image, operation);
    const [down, right] = [
      image.height + 2 * padding - height,
      image.width + 2 * padding - width,
    ];
    if (down < 0 || right < 0) {
      throw new RangeError(
        `Cannot ${operation} as one is smaller than the crop: got ${image.width} by ${image.height} with padding ${padding}, expected at least ${width} by ${height}, resize before`,
      );
    }
    const top = upTo(down, random) - padding;
    return part(image, upTo(right, random) - padding, top, width, height);
  };
}

/**
 * Crops a part of random area, aspect ratio and position, and resizes it, as is
 * common in training on photographs (Szegedy and others, 2015).
 *
 * @param size The size of the crop: one number for both sides, or
 * `[height, width]`.
 * @param options `scale`, `ratio` and `interpolation`.
 * @returns The transform.
 * @throws {TypeError} If an argument is of the wrong type, or an option unknown.
 *
 * @example At least half of each image
 * ```ts
 * import { randomResizedCrop } from "@tenfold/data/images";
 *
 * const crop = randomResizedCrop(224, { scale: [0.5, 1] });
 * ```
 */
export function randomResizedCrop(
  size: Size,
  options: RandomResizedCropOptions = {},
): Transform {
  const operation = "crop images";
  const { scale, ratio, interpolation: by, ...parsed } = parseArguments(
    z.strictObject({
      size: sizeOption,
      scale: z._default(rangeOption, [0.08, 1] as const),
      ratio: z._default(rangeOption, [3 / 4, 4 / 3] as const),
      interpolation,
    }),
    { size },
    options,
    arguments,
    operation,
  );
  const [tall, wide] = sidesOf(parsed.size);
  return (image, random) => {
    checkImage(image, operation);
    const [left, top, width, height] = somePart(image, scale, ratio, random);
    return resample(part(image, left, top, width, height), wide, tall, by);
  };
}

/** Left, top, width and height of a part; the middle where none fits. */
function somePart(
  image: Image,
  scale: readonly [number, number],
  ratio: readonly [number, number],
  random: Random,
): readonly [number, number, number, number] {
  const between = ([least, most]: readonly [number, number]) =>
    least + random() * (most - least);
  const area = image.width * image.height;
  for (let tries = 0; tries < 10; tries++) {
    const wanted = area * between(scale);
    const shape = Math.exp(between([Math.log(ratio[0]), Math.log(ratio[1])]));
    const width = Math.round(Math.sqrt(wanted * shape));
    const height = Math.round(Math.sqrt(wanted / shape));
    if (
      width > 0 && width <= image.width && height > 0 && height <= image.height
    ) {
      const top = upTo(image.height - height, random);
      return [upTo(image.width - width, random), top, width, height];
    }
  }
  const own = image.width / image.height;
  const fit = Math.min(Math.max(own, ratio[0]), ratio[1]);
  const width = Math.max(
    1,
    own > fit ? Math.round(image.height * fit) : image.width,
  );
  const height = Math.max(
    1,
    own < fit ? Math.round(image.width / fit) : image.height,
  );
  return [
    Math.floor((image.width - width) / 2),
    Math.floor((image.height - height) / 2),
    width,
    height,
  ];
}
