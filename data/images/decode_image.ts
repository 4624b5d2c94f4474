/**
 * Images from files.
 *
 * @module
 */
import { checkCount } from "@tenfold/core/internal";
import { loadOptional } from "../_optional.ts";
import { DataFormatError, messageOf } from "../errors.ts";
import { type ByteSource, readBytes } from "../source.ts";
import { byBrowser } from "./_browser.ts";
import type { Image } from "./image.ts";
import { pictureKind } from "./_kind.ts";

/**
 * Decodes a PNG or JPEG file. Browsers use their own decoders; Deno, Bun and
 * Node use libjpeg-turbo and lodepng, which are loaded with the first file of
 * their format.
 *
 * Transparency is dropped and grayscale becomes three equal channels. The EXIF
 * orientation is not applied, as in Pillow. A 16-bit PNG keeps the upper 8
 * bits.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @returns The image.
 * @throws {DataFormatError} If it is not a PNG or JPEG file, is damaged, or is a
 * JPEG in CMYK.
 * @throws {FileError} If the source cannot be read.
 *
 * @example A file's size
 * ```ts ignore
 * import { decodeImage } from "@tenfold/data/images";
 *
 * const { width, height } = await decodeImage("cats/tom.jpg");
 * ```
 */
export async function decodeImage(source: ByteSource): Promise<Image> {
  checkCount("decodeImage", arguments.length, 1);
  const bytes = await readBytes(source);
  const kind = pictureKind(bytes);
  try {
    return await byBrowser(bytes, kind) ??
      await (kind === "png"
        ? (await loadOptional(
          "@cwasm/lodepng",
          "decode a PNG file",
          () => import("./_decode_png.ts"),
        )).decodePng(bytes)
        : (await loadOptional(
          "@cwasm/jpeg-turbo",
          "decode a JPEG file",
          () => import("./_decode_jpeg.ts"),
        )).decodeJpeg(bytes));
  } catch (cause) {
    // What is not installed is no fault of the file.
    if (
      cause instanceof Error &&
      /cannot be loaded, install/.test(cause.message)
    ) {
      throw cause;
    }
    throw new DataFormatError(
      `Cannot decode the image as the ${kind.toUpperCase()} file is damaged: ${
        messageOf(cause)
      }`,
      { cause },
    );
  }
}
