/**
 * PNG by lodepng, on Deno, Bun and Node.
 *
 * @module
 */
import lodepng from "@cwasm/lodepng";
import { withoutAlpha } from "./_pixels.ts";
import type { Image } from "./image.ts";

/** The picture of a PNG file. */
export function decodePng(bytes: Uint8Array): Image {
  return withoutAlpha(lodepng.decode(bytes));
}
