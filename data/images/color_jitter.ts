/**
 * Random changes of brightness, contrast, saturation and hue.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkImage, type Image } from "./image.ts";
import type { Transform } from "./transform.ts";

/**
 * Options of {@linkcode colorJitter}; 0 means no change.
 *
 * @example A little of everything
 * ```ts
 * import { colorJitter, type ColorJitterOptions } from "@tenfold/data/images";
 *
 * const options: ColorJitterOptions = {
 *   brightness: 0.2,
 *   contrast: 0.2,
 *   saturation: 0.2,
 *   hue: 0.02,
 * };
 * const jitter = colorJitter(options);
 * ```
 */
export interface ColorJitterOptions {
  /**
   * The factor is drawn from `1 - brightness`, at least 0, to `1 + brightness`.
   *
   * @default {0}
   */
  readonly brightness?: number;
  /**
   * The factor is drawn from `1 - contrast`, at least 0, to `1 + contrast`.
   *
   * @default {0}
   */
  readonly contrast?: number;
  /**
   * The factor is drawn from `1 - saturation`, at least 0, to `1 + saturation`.
   *
   * @default {0}
   */
  readonly saturation?: number;
  /**
   * The shift of the hue is drawn from `-hue` to `hue`, in turns; at most 0.5.
   *
   * @default {0}
   */
  readonly hue?: number;
}

const amount = (most: number) =>
  z._default(
    z.custom<number>(
      (value) => typeof value === "number" && value >= 0 && value <= most,
      most === Infinity
        ? "must be a number from 0 on"
        : `must be a number from 0 to ${most}`,
    ),
    0,
  );

const optionsSchema = z.strictObject({
  brightness: amount(Infinity),
  contrast: amount(Infinity),
  saturation: amount(Infinity),
  hue: amount(0.5),
});

/** How light a pixel is, as Pillow weighs its colours. */
const lightness = (r: number, g: number, b: number) =>
  (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;

/** `from` moved towards `to`, as Pillow blends: `factor` 1 is `to`. */
function blend(from: number, to: number, factor: number): number {
  const mixed = Math.fround(from + Math.fround(factor * (to - from)));
  return mixed <= 0 ? 0 : mixed >= 255 ? 255 : Math.trunc(mixed);
}

/** Moves pixels away from what `base` says, or towards it. */
function blended(
  image: Image,
  factor: number,
  base: (r: number, g: number, b: number) => number,
): Image {
  const { data } = image;
  const out = new Uint8Array(data.length);
  const narrow = Math.fround(factor);
  for (let i = 0; i < data.length; i += 3) {
    const from = base(data[i]!, data[i + 1]!, data[i + 2]!);
    for (let c = i; c < i + 3; c++) out[c] = blend(from, data[c]!, narrow);
  }
  return { ...image, data: out };
}

/** Brighter, or darker. */
export function adjustBrightness(image: Image, factor: number): Image {
  return blended(image, factor, () => 0);
}

/** Farther from the mean lightness, or nearer. */
export function adjustContrast(image: Image, factor: number): Image {
  const { data } = image;
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) {
    sum += lightness(data[i]!, data[i + 1]!, data[i + 2]!);
  }
  const mean = Math.trunc(sum / (data.length / 3) + 0.5);
  return blended(image, factor, () => mean);
}

/** Farther from gray, or nearer. */
export function adjustSaturation(image: Image, factor: number): Image {
  return blended(image, factor, lightness);
}

/** Turned along the colour wheel, by a share of the whole. */
export function adjustHue(image: Image, turn: number): Image {
  const { data } = image;
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
    const most = Math.max(r, g, b);
    const span = most - Math.min(r, g, b);
    const hue = span === 0
      ? 0
      : most === r
      ? (g - b) / span
      : most === g
      ? 2 + (b - r) / span
      : 4 + (r - g) / span;
    // How far each channel lies below the largest, by its place on the wheel.
    for (let c = 0; c < 3; c++) {
      const at = (((5 - 2 * c + hue + 6 * turn) % 6) + 6) % 6;
      const below = Math.max(0, Math.min(at, 4 - at, 1));
      out[i + c] = Math.round(most - span * below);
    }
  }
  return { ...image, data: out };
}

/**
 * Randomly changes brightness, contrast, saturation and hue, in random order,
 * like torchvision's `ColorJitter`.
 *
 * @param options `brightness`, `contrast`, `saturation` and `hue`.
 * @returns The transform.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 *
 * @example A little of everything
 * ```ts
 * import { colorJitter } from "@tenfold/data/images";
 *
 * const jitter = colorJitter({
 *   brightness: 0.4,
 *   contrast: 0.4,
 *   saturation: 0.4,
 *   hue: 0.1,
 * });
 * ```
 */
export function colorJitter(options: ColorJitterOptions = {}): Transform {
  const operation = "jitter colors";
  const { hue, ...factors } = parseArguments(
    optionsSchema,
    {},
    options,
    arguments,
    operation,
  );
  return (image, random) => {
    checkImage(image, operation);
    const factor = (amount: number) => {
      const least = Math.max(0, 1 - amount);
      return least + random() * (1 + amount - least);
    };
    const [brightness, contrast, saturation] = [
      factor(factors.brightness),
      factor(factors.contrast),
      factor(factors.saturation),
    ];
    const turn = (2 * random() - 1) * hue;
    const changes: ((image: Image) => Image)[] = [
      (one) => factors.brightness > 0 ? adjustBrightness(one, brightness) : one,
      (one) => factors.contrast > 0 ? adjustContrast(one, contrast) : one,
      (one) => factors.saturation > 0 ? adjustSaturation(one, saturation) : one,
      (one) => hue > 0 ? adjustHue(one, turn) : one,
    ];
    for (let left = changes.length; left > 0; left--) {
      const [change] = changes.splice(Math.floor(random() * left), 1);
      image = change!(image);
    }
    return image;
  };
}
