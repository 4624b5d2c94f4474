/**
 * Images as pixels.
 *
 * @module
 */
import { type Tensor, tensor } from "@tenfold/core";
import { deviceFor, parseArguments, showValue } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { type DeviceOption, deviceOption } from "../_to_tensor.ts";

/**
 * An RGB image with 8 bits for each channel.
 *
 * @example A red pixel
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import "@tenfold/tenfold";
 * import { type Image, imageToTensor } from "@tenfold/data/images";
 *
 * const image: Image = { width: 1, height: 1, data: Uint8Array.of(255, 0, 0) };
 * assertEquals(await imageToTensor(image).toArray(), [[[1]], [[0]], [[0]]]);
 * ```
 */
export interface Image {
  /** Number of columns. */
  readonly width: number;
  /** Number of rows. */
  readonly height: number;
  /** The pixels row by row, three values from 0 to 255 each. */
  readonly data: Uint8Array;
}

/**
 * Mean and standard deviation for normalisation: one number for all channels,
 * or one for each.
 *
 * @example The figures of ImageNet
 * ```ts
 * import type { PixelScale } from "@tenfold/data/images";
 *
 * const imageNet: PixelScale = {
 *   mean: [0.485, 0.456, 0.406],
 *   std: [0.229, 0.224, 0.225],
 * };
 * ```
 */
export interface PixelScale {
  /** Subtracted from values from 0 to 1. @default {0} */
  readonly mean?: number | readonly number[];
  /** Divisor, after the mean has been subtracted. @default {1} */
  readonly std?: number | readonly number[];
}

/**
 * Options of {@linkcode imageToTensor}.
 *
 * @example Values from -1 to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import "@tenfold/tenfold";
 * import {
 *   imageToTensor,
 *   type ImageToTensorOptions,
 * } from "@tenfold/data/images";
 *
 * const options: ImageToTensorOptions = { mean: 0.5, std: 0.5 };
 * const black = { width: 1, height: 1, data: new Uint8Array(3) };
 * assertEquals(await imageToTensor(black, options).index(0, 0, 0).item(), -1);
 * ```
 */
export interface ImageToTensorOptions extends PixelScale, DeviceOption {}

const channels = (positive: boolean) => {
  const fits = (value: unknown) =>
    typeof value === "number" && Number.isFinite(value) &&
    (!positive || value > 0);
  return z.optional(z.custom<number | readonly number[]>(
    (value) =>
      Array.isArray(value) ? value.length === 3 && value.every(fits) : fits(
        value,
      ),
    `must be a ${
      positive ? "positive " : ""
    }number, or one for each of three channels`,
  ));
};

/** The schema of {@linkcode PixelScale}. */
export const scaleOptions: {
  readonly mean: z.ZodMiniOptional<z.ZodMiniType<number | readonly number[]>>;
  readonly std: z.ZodMiniOptional<z.ZodMiniType<number | readonly number[]>>;
} = { mean: channels(false), std: channels(true) };

const optionsSchema = z.strictObject({ ...scaleOptions, device: deviceOption });

/** Checks that a value is an image. */
export function checkImage(value: unknown, operation: string): void {
  const { width, height, data } = (value ?? {}) as Partial<Image>;
  if (
    Number.isInteger(width) && width! > 0 && Number.isInteger(height) &&
    height! > 0 && data instanceof Uint8Array &&
    data.length === width! * height! * 3
  ) return;
  throw new TypeError(
    `Cannot ${operation} as an image has a width, a height and data of width * height * 3 bytes: got ${
      data instanceof Uint8Array
        ? `${width} by ${height} with ${data.length} bytes`
        : showValue(value)
    }`,
  );
}

/** Writes a picture as planes of numbers, scaled; `at` is where it begins. */
export function writePlanes(
  { width, height, data }: Image,
  { mean = 0, std = 1 }: PixelScale,
  into: Float32Array,
  at: number,
): void {
  const size = width * height;
  for (let channel = 0; channel < 3; channel++) {
    const shift = typeof mean === "number" ? mean : mean[channel]!;
    const scale = typeof std === "number" ? std : std[channel]!;
    const values = new Float32Array(256);
    for (let v = 0; v < 256; v++) values[v] = (v / 255 - shift) / scale;
    const begin = at + channel * size;
    for (let i = 0; i < size; i++) {
      into[begin + i] = values[data[i * 3 + channel]!]!;
    }
  }
}

/**
 * Converts an image to a float32 tensor of shape `[3, height, width]`, with
 * values from 0 to 1 unless `mean` or `std` is given.
 *
 * @param image The image.
 * @param options `mean`, `std` and `device`.
 * @returns The tensor.
 * @throws {TypeError} If `image` is not an image, or an option is unknown or of
 * the wrong type.
 *
 * @example One red pixel
 * ```ts
 * import { imageToTensor } from "@tenfold/data/images";
 * import { assertEquals } from "@std/assert";
 * import "@tenfold/tenfold";
 *
 * const red = { width: 1, height: 1, data: Uint8Array.of(255, 0, 0) };
 * const x = imageToTensor(red, { mean: 0.5, std: 0.5 });
 * assertEquals(await x.toArray(), [[[1]], [[-1]], [[-1]]]);
 * ```
 */
export function imageToTensor(
  image: Image,
  options: ImageToTensorOptions = {},
): Tensor {
  const operation = "make a tensor of an image";
  const { device, ...scale } = parseArguments(
    optionsSchema,
    { image },
    options,
    arguments,
    operation,
  );
  checkImage(image, operation);
  const { width, height } = image;
  const values = new Float32Array(3 * width * height);
  writePlanes(image, scale as PixelScale, values, 0);
  return tensor(values, {
    shape: [3, height, width],
    device: deviceFor(device === undefined ? {} : { device }),
  });
}
