/**
 * Transforms of images, and their composition.
 *
 * @module
 */
import type { Image } from "./image.ts";
import type { Random } from "./random.ts";

/**
 * A function from an image to an image; random transforms draw from `random`.
 *
 * @example A negative
 * ```ts
 * import {
 *   compose,
 *   randomHorizontalFlip,
 *   type Transform,
 * } from "@tenfold/data/images";
 *
 * const negative: Transform = (image) => ({
 *   ...image,
 *   data: image.data.map((value) => 255 - value),
 * });
 * const augment = compose(negative, randomHorizontalFlip());
 * ```
 */
export type Transform = (image: Image, random: Random) => Image;

/**
 * Composes several transforms, which are applied in order.
 *
 * @param transforms The transforms.
 * @returns The composed transform.
 * @throws {TypeError} If one is not a function.
 *
 * @example As for training on photographs
 * ```ts
 * import * as images from "@tenfold/data/images";
 *
 * const augment = images.compose(
 *   images.randomResizedCrop(224),
 *   images.randomHorizontalFlip(),
 *   images.colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2 }),
 * );
 * ```
 */
export function compose(...transforms: readonly Transform[]): Transform {
  const odd = transforms.find((one) => typeof one !== "function");
  if (odd !== undefined) {
    throw new TypeError(
      `Cannot compose transforms as each must be a function of an image: got ${typeof odd}`,
    );
  }
  return (image, random) =>
    transforms.reduce((made, transform) => transform(made, random), image);
}
