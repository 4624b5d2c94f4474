/**
 * Loads what shows tensors, as few programs do.
 *
 * @module
 */
import type { Tensor } from "../tensor.ts";
import type { ImageOptions, Pixels } from "./images.ts";

/**
 * What {@linkcode loadDisplay} gives.
 *
 * @example A matrix as a picture
 * ```ts
 * import { Tensor } from "@tenfold/tenfold";
 * import type { DisplayTools } from "@tenfold/core/internal";
 *
 * async function png(tools: DisplayTools, x: Tensor) {
 *   const image = await tools.drawImages(x);
 *   if (image === null) return null;
 *   const { data, width, height, channels } = image;
 *   return await tools.encodePng(data, width, height, channels);
 * }
 * ```
 */
export interface DisplayTools {
  /** Draws the images in a tensor; null where its shape holds none. */
  drawImages(tensor: Tensor, options?: ImageOptions): Promise<Pixels | null>;
  /** Writes a byte for each channel of each pixel as PNG. */
  encodePng(
    pixels: Uint8Array,
    width: number,
    height: number,
    channels: number,
  ): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * The functions that draw tensors, loaded when asked for.
 *
 * @example The pixels of a matrix
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rand } from "@tenfold/tenfold";
 * import { loadDisplay } from "@tenfold/core/internal";
 *
 * const { drawImages } = await loadDisplay();
 * const image = await drawImages(rand([8, 8]));
 * assertEquals(image?.width, 8);
 * ```
 */
export async function loadDisplay(): Promise<DisplayTools> {
  const [{ drawImages }, { encodePng }] = await Promise.all([
    import("./images.ts"),
    import("./png.ts"),
  ]);
  return { drawImages, encodePng };
}
