/**
 * Helpers of the tests: bytes from base 64, and damaged files.
 *
 * @module
 */
import fc from "fast-check";
import { DataFormatError } from "../errors.ts";

/** The bytes of a text in base 64. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

/** A gzip file of some bytes. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** One thing that can happen to a file. */
type Damage = (bytes: Uint8Array) => Uint8Array;

const position: fc.Arbitrary<number> = fc.double({
  min: 0,
  max: 1,
  maxExcluded: true,
  noNaN: true,
});

/** Positions are drawn near the front more often: that is where headers are. */
const nearFront: fc.Arbitrary<number> = position.map((p) => p ** 3);

function at(place: number, bytes: Uint8Array): number {
  return Math.floor(place * bytes.length);
}

function splice(
  bytes: Uint8Array,
  start: number,
  insert: Uint8Array,
  end = start,
) {
  const result = new Uint8Array(bytes.length - (end - start) + insert.length);
  result.set(bytes.subarray(0, start));
  result.set(insert, start);
  result.set(bytes.subarray(end), start + insert.length);
  return result;
}

const extreme: fc.Arbitrary<number> = fc.constantFrom(0, 1, 0x7f, 0x80, 0xff);

const damage: fc.Arbitrary<Damage> = fc.oneof(
  // Cut short.
  position.map((p): Damage => (bytes) => bytes.slice(0, at(p, bytes))),
  // Padded.
  fc.uint8Array({ minLength: 1, maxLength: 64 })
    .map((more): Damage => (bytes) => splice(bytes, bytes.length, more)),
  // Bytes replaced.
  fc.tuple(nearFront, fc.uint8Array({ minLength: 1, maxLength: 8 }))
    .map(([p, patch]): Damage => (bytes) => {
      const start = at(p, bytes);
      return splice(
        bytes,
        start,
        patch,
        Math.min(start + patch.length, bytes.length),
      );
    }),
  // Lengths that lie.
  fc.tuple(nearFront, extreme, fc.integer({ min: 1, max: 8 }))
    .map(([p, value, length]): Damage => (bytes) => {
      const start = at(p, bytes);
      return bytes.slice().fill(value, start, start + length);
    }),
  // A digit of a text header that lies.
  fc.tuple(nearFront, fc.stringMatching(/^[0-9]{1,20}$/))
    .map(([p, digits]): Damage => (bytes) => {
      const from = at(p, bytes);
      const found = bytes.findIndex((byte, i) =>
        i >= from && byte >= 48 && byte <= 57
      );
      return found < 0
        ? bytes
        : splice(bytes, found, new TextEncoder().encode(digits), found + 1);
    }),
  // A piece left out, or put in twice.
  fc.tuple(nearFront, fc.integer({ min: 1, max: 16 }), fc.boolean())
    .map(([p, length, twice]): Damage => (bytes) => {
      const start = at(p, bytes);
      const end = Math.min(start + length, bytes.length);
      return twice
        ? splice(bytes, start, bytes.slice(start, end))
        : splice(bytes, start, new Uint8Array(), end);
    }),
  // Anything at all.
  fc.uint8Array({ maxLength: 200 }).map((noise): Damage => () => noise),
);

/** The outcome of reading damaged files. */
export interface FuzzReport {
  /** Files that were refused with a clear error. */
  readonly refused: number;
  /** Files that were still sound. */
  readonly read: number;
}

/**
 * Reads a number of damaged copies of sound files. A copy may turn out to be
 * sound; otherwise it must be refused with a `DataFormatError` that says so in
 * one line. What is read must not be out of proportion to the file.
 */
export async function fuzz(
  files: readonly Uint8Array[],
  read: (bytes: Uint8Array) => number | Promise<number>,
  runs = 1000,
): Promise<FuzzReport> {
  let refused = 0;
  let sound = 0;
  const copies = fc.tuple(
    fc.constantFrom(...files),
    fc.array(damage, { minLength: 1, maxLength: 3 }),
  );
  await fc.assert(
    fc.asyncProperty(copies, async ([file, damages]) => {
      const bytes = damages.reduce((whole, harm) => harm(whole), file);
      try {
        const size = await read(bytes);
        if (size > 1040 * bytes.length + 1024) {
          throw new Error(`${size} bytes were read from ${bytes.length}`);
        }
        sound++;
      } catch (error) {
        if (!(error instanceof DataFormatError)) throw error;
        if (!/^Cannot read [^\n]{10,700}[^.]$/.test(error.message)) {
          throw new Error(`The message is not clear: ${error.message}`);
        }
        refused++;
      }
    }),
    { numRuns: runs, seed: 20_240_817 },
  );
  return { refused, read: sound };
}
