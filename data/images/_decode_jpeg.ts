/**
 * JPEG by libjpeg-turbo, on Deno, Bun and Node.
 *
 * @module
 */
import turbo from "@cwasm/jpeg-turbo";
import { withoutAlpha } from "./_pixels.ts";
import type { Image } from "./image.ts";

/** The picture of a JPEG file. */
export function decodeJpeg(bytes: Uint8Array): Image {
  return withoutAlpha(turbo.decode(bytes));
}
