/**
 * The header of a GGUF file: metadata, and where each tensor lies. ggml,
 * "GGUF", versions 2 and 3.
 *
 * @module
 */
import { checkDims } from "../_dims.ts";
import { DataFormatError } from "../errors.ts";
import { GGUF_TYPES, type GgufType } from "./_types.ts";

/**
 * A value of the metadata of a GGUF file.
 *
 * @example The name of an architecture
 * ```ts
 * import type { GgufValue } from "@tenfold/data/gguf";
 *
 * const value: GgufValue = "llama";
 * ```
 */
export type GgufValue = number | bigint | boolean | string | GgufValue[];

/** Where one tensor lies. */
export interface GgufEntry {
  readonly name: string;
  /** `undefined` where this package does not know how long its elements are. */
  readonly type: GgufType | undefined;
  /** The name of the type, or its number. */
  readonly typeName: string;
  /** The extents, outermost first. */
  readonly shape: number[];
  /** First byte in the file. */
  readonly begin: number;
  /** The byte after the last. */
  readonly end: number;
}

/** A header that was found to be sound. */
export interface GgufHeader {
  readonly version: number;
  readonly metadata: { [key: string]: GgufValue };
  readonly entries: readonly GgufEntry[];
}

/** The bytes at hand end before the header does. */
export class CutShort extends DataFormatError {}

const MAGIC = 0x46554747;

/** How deep arrays of arrays may lie. */
const MAX_DEPTH = 8;

/** An error that says why the bytes are no GGUF file. */
export function ggufError(why: string): DataFormatError {
  return new DataFormatError(`Cannot read GGUF data as ${why}`);
}

/** A name for a message, without the rest of a very long one. */
function show(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

/**
 * Reads a header from the front of a file.
 *
 * @param length Bytes of the whole file.
 * @throws {CutShort} If more bytes are needed.
 */
export function parseGgufHeader(
  bytes: Uint8Array,
  length: number,
): GgufHeader {
  const reader = new Reader(bytes, length);
  if (bytes.length < 4 || reader.uint32() !== MAGIC) {
    throw ggufError("it does not begin with the mark of the format");
  }
  const version = reader.uint32();
  if (version !== 2 && version !== 3) {
    throw ggufError(
      version % 0x1000000 === 0
        ? "it is big-endian: convert it to little-endian"
        : `the version of the format is unknown: got ${version}, expected 2 or 3`,
    );
  }
  const tensorCount = reader.count(24);
  const keyCount = reader.count(13);
  const pairs = new Map<string, GgufValue>();
  for (let i = 0; i < keyCount; i++) {
    const key = reader.text();
    if (pairs.has(key)) {
      throw ggufError(`its metadata names ${show(key)} twice`);
    }
    pairs.set(key, reader.value(reader.uint32()));
  }
  const places = Array.from(
    { length: tensorCount },
    () => readPlace(reader),
  );
  const alignment = pairs.get("general.alignment") ?? 32;
  if (
    typeof alignment !== "number" || !(alignment >= 1) || alignment % 1 !== 0
  ) {
    throw ggufError(`general.alignment must be an integer from 1 on`);
  }
  const start = Math.ceil(reader.at / alignment) * alignment;
  const entries = places.map(({ offset, bytes, ...entry }) => ({
    ...entry,
    begin: start + offset,
    end: start + offset + bytes,
  }));
  checkPlaces(entries, length);
  // From entries: a key may be __proto__.
  return { version, metadata: Object.fromEntries(pairs), entries };
}

interface Place extends Omit<GgufEntry, "begin" | "end"> {
  readonly offset: number;
  readonly bytes: number;
}

function readPlace(reader: Reader): Place {
  const name = reader.text();
  const ndim = reader.uint32();
  checkDims(ndim, (why) => ggufError(`${show(name)} is not sound: ${why}`));
  // The file has the innermost dim first.
  const shape = Array.from({ length: ndim }, () => reader.uint64()).reverse();
  const code = reader.uint32();
  const offset = reader.uint64();
  const type = GGUF_TYPES.get(code);
  const typeName = type?.name ?? `type ${code}`;
  const size = shape.reduce((a, b) => a * b, 1);
  if (!(size <= 2 ** 48)) {
    throw ggufError(
      `${show(name)} has too many elements: got shape [${shape.join(", ")}]`,
    );
  }
  const row = shape.at(-1) ?? 1;
  if (type !== undefined && row % type.elements !== 0) {
    throw ggufError(
      `${
        show(name)
      } is not sound: its rows of ${row} elements are not whole blocks of ${type.elements} of ${type.name}`,
    );
  }
  const bytes = type === undefined ? 0 : size / type.elements * type.bytes;
  return { name, type, typeName, shape, offset, bytes };
}

/** Refuses tensors beyond the file, of one name or in one place. */
function checkPlaces(entries: readonly GgufEntry[], length: number): void {
  const names = new Set<string>();
  for (const { name, begin, end } of entries) {
    if (names.has(name)) throw ggufError(`it names ${show(name)} twice`);
    names.add(name);
    if (!(end <= length)) {
      throw ggufError(
        `it is cut short: ${
          show(name)
        } lies at bytes ${begin} to ${end} of ${length}`,
      );
    }
  }
  let at = 0;
  for (
    const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin)
  ) {
    if (begin < at && end > begin) {
      throw ggufError(`${show(name)} overlaps the tensor before`);
    }
    at = Math.max(at, end);
  }
}

/** Reads numbers and texts from left to right. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #length: number;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  at = 0;

  constructor(bytes: Uint8Array, length: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#length = length;
  }

  #take(length: number): number {
    const { at } = this;
    if (!(at + length <= this.#bytes.length)) {
      const why = `its header is cut short at byte ${at}`;
      throw at + length <= this.#length
        ? new CutShort(ggufError(why).message)
        : ggufError(why);
    }
    this.at += length;
    return at;
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A 64-bit number; one beyond 2^53 is larger than all that it may be. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  /** How many of something there are, of which each takes some bytes. */
  count(bytes: number): number {
    const count = this.uint64();
    if (!(this.at + count * bytes <= this.#length)) {
      throw ggufError(
        `it announces more than it can hold: got ${count} at byte ${
          this.at - 8
        }`,
      );
    }
    return count;
  }

  text(): string {
    const length = this.count(1);
    const at = this.#take(length);
    return this.#decoder.decode(this.#bytes.subarray(at, at + length));
  }

  value(type: number, depth = 0): GgufValue {
    switch (type) {
      case 0:
        return this.#view.getUint8(this.#take(1));
      case 1:
        return this.#view.getInt8(this.#take(1));
      case 2:
        return this.#view.getUint16(this.#take(2), true);
      case 3:
        return this.#view.getInt16(this.#take(2), true);
      case 4:
        return this.uint32();
      case 5:
        return this.#view.getInt32(this.#take(4), true);
      case 6:
        return this.#view.getFloat32(this.#take(4), true);
      case 7:
        return this.#view.getUint8(this.#take(1)) !== 0;
      case 8:
        return this.text();
      case 9:
        return this.#list(depth);
      case 10:
        return integer(this.#view.getBigUint64(this.#take(8), true));
      case 11:
        return integer(this.#view.getBigInt64(this.#take(8), true));
      case 12:
        return this.#view.getFloat64(this.#take(8), true);
    }
    throw ggufError(`its metadata has a value of unknown type: got ${type}`);
  }

  #list(depth: number): GgufValue[] {
    if (depth >= MAX_DEPTH) {
      throw ggufError(`its metadata lies more than ${MAX_DEPTH} deep`);
    }
    const type = this.uint32();
    const count = this.count(1);
    const list: GgufValue[] = [];
    for (let i = 0; i < count; i++) list.push(this.value(type, depth + 1));
    return list;
  }
}

/** Integers as numbers where those hold them. */
function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
