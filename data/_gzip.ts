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

/** Bytes of the contents that are shown before the rest is read. */
const HEAD = 4096;

/** True when the bytes begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The most bytes that a gzip file of this length can hold. */
export function gunzipBound(compressedLength: number): number {
  return compressedLength * MAX_RATIO;
}

/** What came out of a file so far, and how much may. */
class Output {
  readonly #what: string;
  readonly #limitOf: (head: Uint8Array) => number;
  readonly #chunks: Uint8Array[] = [];
  #limit = -1;
  length = 0;

  constructor(what: string, limitOf: (head: Uint8Array) => number) {
    this.#what = what;
    this.#limitOf = limitOf;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.length += chunk.length;
    if (this.length >= HEAD) this.#check();
  }

  #check(): void {
    if (this.#limit < 0) {
      const head = join(this.#chunks, Math.min(this.length, HEAD));
      this.#limit = this.#limitOf(head);
    }
    if (this.length > this.#limit) {
      throw new DataFormatError(
        `Cannot read ${this.#what} as it holds more than its header announces: expected ${this.#limit} bytes after decompression`,
      );
    }
  }

  /** Everything that came out. */
  whole(): Uint8Array {
    this.#check();
    return join(this.#chunks, this.length);
  }
}

/**
 * The contents of a gzip file of one or several members. Reading stops as soon
 * as more comes out than `limitOf` allows, which is asked with the first 4 KiB
 * or all there is.
 *
 * @throws {DataFormatError} If the file is damaged, cut short, or holds more
 * than it should.
 */
export async function gunzip(
  bytes: Uint8Array,
  what: string,
  limitOf: (head: Uint8Array) => number,
): Promise<Uint8Array> {
  const whole = new Output(what, limitOf);
  let failure: unknown;
  try {
    await inflate(bytes, whole, what);
    if (whole.length % 2 ** 32 === lengthAtEnd(bytes)) return whole.whole();
  } catch (error) {
    if (!(error instanceof DamagedGzip)) throw error;
    failure = error;
  }
  // Some runtimes refuse what follows the first member, others pass it over.
  const { gzipMembers } = await import("./_gzip_members.ts");
  const members = gzipMembers(bytes);
  if (members === null) throw failure ?? damaged(what);
  const output = new Output(what, limitOf);
  for (const member of members) await inflate(member, output, what);
  return output.whole();
}

/** The length that the last member of a file has, by its last four bytes. */
function lengthAtEnd(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes.length < 4 ? -1 : view.getUint32(bytes.length - 4, true);
}

/** A gzip stream that is damaged. */
class DamagedGzip extends DataFormatError {}

function damaged(what: string, cause?: unknown): DamagedGzip {
  return new DamagedGzip(
    `Cannot read ${what} as its gzip stream is damaged or cut short`,
    { cause },
  );
}

async function inflate(
  bytes: Uint8Array,
  output: Output,
  what: string,
): Promise<void> {
  const reader = slices(bytes)
    .pipeThrough(new DecompressionStream("gzip"))
    .getReader();
  try {
    while (true) {
      const { done, value } = await read(reader, what);
      if (value !== undefined) output.add(value);
      if (done) return;
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
    throw damaged(what, cause);
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
