/**
 * Images: PNG and JPEG files as tensors, folders of images as a dataset, and
 * transforms that crop, flip, resize and change their colours.
 *
 * @example An image from pixels
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import "@tenfold/tenfold";
 * import * as images from "@tenfold/data/images";
 *
 * const gray = { width: 4, height: 4, data: new Uint8Array(48).fill(51) };
 * const small = images.resize(2)(gray, images.sampleRandom(0, 0, 0));
 * assertEquals(images.imageToTensor(small).shape, [3, 2, 2]);
 * ```
 *
 * @module
 */
export type { DeviceOption } from "../_to_tensor.ts";
export type { Dataset } from "../dataset.ts";
export type { ByteSource } from "../source.ts";
export type { Interpolation } from "./_resample.ts";
export type { Size } from "./_transform_options.ts";
export { colorJitter, type ColorJitterOptions } from "./color_jitter.ts";
export * from "./crop.ts";
export * from "./decode_image.ts";
export * from "./flip.ts";
export {
  type Image,
  imageToTensor,
  type ImageToTensorOptions,
  type PixelScale,
} from "./image.ts";
export * from "./image_folder.ts";
export * from "./random.ts";
export { resize, type ResizeOptions } from "./resize.ts";
export { compose, type Transform } from "./transform.ts";
