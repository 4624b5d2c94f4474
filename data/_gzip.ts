/**
 * Gzip through the platform's `DecompressionStream`, with a bound on what
 * comes out.
 *
 * @module
 */
import { DataFormatError } from "./errors.ts";

/** Deflate cannot shrink data by more than this factor. */
const MAX_RATIO = 1032;

/** Compressed bytes that are handed over at once: bounds one step's output. */
const STEP = 16 * 1024;

/** True when the bytes begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The most bytes that a gzip file of this length can hold. */
export function gunzipBound(compressedLength: number): number {
  return compressedLength * MAX_RATIO;
}

/**
 * The contents of a gzip file. Reading stops as soon as more comes out than
 * `limitOf` allows, which is asked once, with the first 4 KiB or all there is.
 *
 * @throws {DataFormatError} If the file is damaged, cut short, or holds more
 * than it should.
 */
export async function gunzip(
  bytes: Uint8Array,
  what: string,
  limitOf: (head: Uint8Array) => number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let limit = -1;
  const reader = slices(bytes)
    .pipeThrough(new DecompressionStream("gzip"))
    .getReader();
  try {
    while (true) {
      const { done, value } = await read(reader, what);
      if (value !== undefined) {
        chunks.push(value);
        length += value.length;
      }
      if (limit < 0 && (done || length >= 4096)) {
        limit = limitOf(join(chunks, Math.min(length, 4096)));
      }
      if (limit >= 0 && length > limit) {
        throw new DataFormatError(
          `Cannot read ${what} as it holds more than its header announces: expected ${limit} bytes after decompression`,
        );
      }
      if (done) return join(chunks, length);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** One read whose failure means that the file is damaged. */
async function read(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  what: string,
): Promise<{ done: boolean; value?: Uint8Array | undefined }> {
  try {
    return await reader.read();
  } catch (cause) {
    throw new DataFormatError(
      `Cannot read ${what} as its gzip stream is damaged or cut short`,
      { cause },
    );
  }
}

function slices(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  let start = 0;
  return new ReadableStream({
    pull(controller) {
      if (start >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(start, start + STEP));
      start += STEP;
    },
  });
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    if (at >= length) break;
    whole.set(chunk.subarray(0, length - at), at);
    at += chunk.length;
  }
  return whole;
}
