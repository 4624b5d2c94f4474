/**
 * Loads what shows tensors, as few programs do.
 *
 * @module
 */
import type { Tensor } from "../tensor.ts";
import type { ImageOptions, Pixels } from "./images.ts";

/** What {@linkcode loadDisplay} gives. */
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

/** The functions that draw tensors, loaded when asked for. */
export async function loadDisplay(): Promise<DisplayTools> {
  const [{ drawImages }, { encodePng }] = await Promise.all([
    import("./images.ts"),
    import("./png.ts"),
  ]);
  return { drawImages, encodePng };
}
