/**
 * What a picture's file says of itself before it is decoded.
 *
 * @module
 */
import { DataFormatError } from "../errors.ts";

/** The most pixels that a picture may have: what a file of bytes can claim. */
const MOST_PIXELS = 2 ** 28;

function failed(why: string): DataFormatError {
  return new DataFormatError(`Cannot decode the image as ${why}`);
}

/**
 * The format of a picture, whose size and colours are looked at before anything
 * is allocated for it.
 *
 * @throws {DataFormatError} If it is neither PNG nor JPEG, in CMYK, or larger
 * than 2 ** 28 pixels.
 */
export function pictureKind(bytes: Uint8Array): "png" | "jpeg" {
  const text = String.fromCharCode(...bytes.subarray(0, 12));
  if (text.startsWith("\x89PNG\r\n\x1a\n")) {
    if (bytes.length < 33) throw failed("the PNG file is cut short");
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    checkSize(view.getUint32(16), view.getUint32(20));
    return "png";
  }
  if (text.startsWith("\xff\xd8\xff")) {
    checkJpeg(bytes);
    return "jpeg";
  }
  const other = text.startsWith("GIF8")
    ? "a GIF"
    : text.startsWith("RIFF") && text.endsWith("WEBP")
    ? "a WebP"
    : text.startsWith("BM")
    ? "a BMP"
    : /^.{4}ftyp(avif|heic)/s.test(text)
    ? "an AVIF or HEIC"
    : null;
  throw failed(
    other === null
      ? "it is neither PNG nor JPEG"
      : `it is ${other} file: convert it to PNG or JPEG`,
  );
}

/** Walks the segments of a JPEG file up to the one with its size. */
function checkJpeg(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 2; at + 10 <= bytes.length;) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    // The frames are C0 to CF but for tables and reserved ones.
    if (
      marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    ) {
      checkSize(view.getUint16(at + 7), view.getUint16(at + 5));
      if (bytes[at + 4] !== 8) throw failed("the JPEG file has 12 bits");
      if (bytes[at + 9] === 4) {
        throw failed("the JPEG file is in CMYK: convert it to RGB");
      }
      return;
    }
    at += 2 + view.getUint16(at + 2);
  }
  throw failed("the JPEG file has no frame");
}

function checkSize(width: number, height: number): void {
  if (width === 0 || height === 0 || width * height > MOST_PIXELS) {
    throw failed(
      `its size must be 1 to ${MOST_PIXELS} pixels: got ${width} by ${height}`,
    );
  }
}
