/**
 * Pixels as decoders give them.
 *
 * @module
 */
import type { Image } from "./image.ts";

/** What decoders give: four bytes for each pixel. */
export interface Rgba {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** A picture without its transparency. */
export function withoutAlpha({ width, height, data }: Rgba): Image {
  const size = width * height;
  const out = new Uint8Array(size * 3);
  for (let i = 0; i < size; i++) {
    out[i * 3] = data[i * 4]!;
    out[i * 3 + 1] = data[i * 4 + 1]!;
    out[i * 3 + 2] = data[i * 4 + 2]!;
  }
  return { width, height, data: out };
}
