/**
 * The edge to browsers, which decode pictures themselves.
 *
 * @module
 */
import { withoutAlpha } from "./_pixels.ts";
import type { Image } from "./image.ts";

/** Whether this is no browser: Deno has these classes too, and lacks parts. */
function hasSystem(): boolean {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: unknown };
  };
  return typeof process?.getBuiltinModule === "function";
}

/**
 * A JPEG file without what a camera notes, its orientation among it, which
 * browsers would apply.
 */
export function withoutNotes(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [bytes.subarray(0, 2)];
  let at = 2;
  // The scan begins with DA; what is in front of it are segments.
  while (
    at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda
  ) {
    const end = at + 2 + bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (bytes[at + 1] !== 0xe1) parts.push(bytes.subarray(at, end));
    at = end;
  }
  parts.push(bytes.subarray(at));
  const out = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let place = 0;
  for (const part of parts) {
    out.set(part, place);
    place += part.length;
  }
  return out;
}

/** Decodes by the browser, or gives null where there is none. */
export async function byBrowser(
  bytes: Uint8Array,
  kind: "png" | "jpeg",
): Promise<Image | null> {
  if (
    hasSystem() || typeof OffscreenCanvas === "undefined" ||
    typeof createImageBitmap === "undefined"
  ) return null;
  const plain = kind === "jpeg" ? withoutNotes(bytes) : bytes;
  const blob = new Blob([plain as Uint8Array<ArrayBuffer>], {
    type: `image/${kind}`,
  });
  const bitmap = await createImageBitmap(blob, {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height)
      .getContext("2d", { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0);
    return withoutAlpha(context.getImageData(0, 0, width, height));
  } finally {
    bitmap.close();
  }
}
