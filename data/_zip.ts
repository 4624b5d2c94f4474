/**
 * Zip archives, read by their directory: local headers may carry no sizes.
 * PKWARE, "APPNOTE.TXT", version 6.3.10, with its 64-bit extensions.
 *
 * @module
 */
import crc32 from "crc-32";
import { inflateSync } from "fflate";
import { DataFormatError } from "./errors.ts";

/** The file says why it is not sound. */
type Fail = (why: string) => DataFormatError;

/** Deflate cannot shrink data by more than this factor. */
const MAX_RATIO = 1032;

const LOCAL = 0x04034b50;
const ENTRY = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;

/** Bytes of the records without their names, extra fields and comments. */
const LOCAL_BYTES = 30;
const ENTRY_BYTES = 46;
const END_BYTES = 22;
const LOCATOR64_BYTES = 20;
const END64_BYTES = 56;

/** One file of an archive. */
interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  /** Where its local header begins. */
  readonly start: number;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Bytes of the contents. */
  readonly length: number;
}

/** The files of an archive; each is unpacked and checked as it is read. */
export interface ZipArchive {
  /** The names, in the order of the directory. */
  readonly names: readonly string[];
  /** The contents of a file, or `undefined` where the archive has none. */
  read(name: string): Uint8Array | undefined;
}

/**
 * The files of a zip archive. The directory is checked whole before anything is
 * read: no two files share bytes, so that what comes out is in proportion to
 * the archive.
 *
 * @throws {DataFormatError} If the archive is damaged, encrypted, or packed by
 * another method than deflate.
 */
export function openZip(bytes: Uint8Array, fail: Fail): ZipArchive {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = readDirectory(view, fail);
  const starts = locate(view, entries, fail);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    names: entries.map(({ name }) => name),
    read: (name) => {
      const entry = byName.get(name);
      if (entry === undefined) return undefined;
      const start = starts.get(entry)!;
      return unpack(bytes.subarray(start, start + entry.packed), entry, fail);
    },
  };
}

/** A 64-bit number, or infinity where it is beyond 2^53. */
function uint64(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  return Number.isSafeInteger(value) ? value : Infinity;
}

/** Where the directory lies, and how many files it lists. */
function findDirectory(
  view: DataView,
  fail: Fail,
): { count: number; at: number; end: number } {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (view.getUint32(at, true) !== END) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) !== view.byteLength) {
      continue;
    }
    const locator = at - LOCATOR64_BYTES;
    if (locator >= 0 && view.getUint32(locator, true) === LOCATOR64) {
      const at64 = uint64(view, locator + 8);
      if (
        at64 + END64_BYTES > locator || view.getUint32(at64, true) !== END64
      ) {
        throw fail("the end of its zip directory is damaged");
      }
      return {
        count: uint64(view, at64 + 32),
        at: uint64(view, at64 + 48),
        end: at64,
      };
    }
    return {
      count: view.getUint16(at + 10, true),
      at: view.getUint32(at + 16, true),
      end: at,
    };
  }
  throw fail(
    "it has no zip directory at its end: it is cut short or not a zip archive",
  );
}

function readDirectory(view: DataView, fail: Fail): ZipEntry[] {
  const { count, at: first, end } = findDirectory(view, fail);
  if (first + count * ENTRY_BYTES > end) {
    throw fail(
      `its zip directory does not fit: got ${count} files at byte ${first} of ${end}`,
    );
  }
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  const decoder = new TextDecoder();
  let at = first;
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== ENTRY) {
      throw fail(`its zip directory is damaged at file ${i} of ${count}`);
    }
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > end) {
      throw fail(`its zip directory is damaged at file ${i} of ${count}`);
    }
    const name = decoder.decode(
      new Uint8Array(
        view.buffer,
        view.byteOffset + at + ENTRY_BYTES,
        nameEnd - at - ENTRY_BYTES,
      ),
    );
    if (names.has(name)) {
      throw fail(`its zip directory lists ${show(name)} twice`);
    }
    names.add(name);
    if (view.getUint16(at + 8, true) & 1) {
      throw fail(`${show(name)} in it is encrypted`);
    }
    entries.push({
      name,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      ...readSizes(view, at, nameEnd, extraEnd),
    });
    at = next;
  }
  return entries;
}

/** The sizes and the place of a file, which may stand in an extra field. */
function readSizes(
  view: DataView,
  at: number,
  extra: number,
  extraEnd: number,
): { packed: number; length: number; start: number } {
  let packed = view.getUint32(at + 20, true);
  let length = view.getUint32(at + 24, true);
  let start = view.getUint32(at + 42, true);
  for (let field = extra; field + 4 <= extraEnd;) {
    const fieldEnd = Math.min(
      field + 4 + view.getUint16(field + 2, true),
      extraEnd,
    );
    if (view.getUint16(field, true) === 1) {
      let next = field + 4;
      const wide = (value: number) => {
        if (value !== 0xffffffff || next + 8 > fieldEnd) return value;
        next += 8;
        return uint64(view, next - 8);
      };
      length = wide(length);
      packed = wide(packed);
      start = wide(start);
    }
    field = fieldEnd;
  }
  return { packed, length, start };
}

/** The first byte of the data of each file, none of which overlap. */
function locate(
  view: DataView,
  entries: readonly ZipEntry[],
  fail: Fail,
): Map<ZipEntry, number> {
  const starts = new Map<ZipEntry, number>();
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.start - b.start)) {
    const { name, start, packed } = entry;
    if (start < end) {
      throw fail(`${show(name)} in it overlaps the file before`);
    }
    if (
      start + LOCAL_BYTES > view.byteLength ||
      view.getUint32(start, true) !== LOCAL
    ) {
      throw fail(`${show(name)} is not where its zip directory says`);
    }
    const data = start + LOCAL_BYTES + view.getUint16(start + 26, true) +
      view.getUint16(start + 28, true);
    end = data + packed;
    if (end > view.byteLength) {
      throw fail(
        `${show(name)} in it is cut short: got ${
          Math.max(0, view.byteLength - data)
        } bytes, expected ${packed}`,
      );
    }
    starts.set(entry, data);
  }
  return starts;
}

function unpack(
  packed: Uint8Array,
  { name, method, length, crc }: ZipEntry,
  fail: Fail,
): Uint8Array {
  const contents = method === 0
    ? packed
    : method === 8
    ? inflate(packed, name, length, fail)
    : null;
  if (contents === null) {
    throw fail(
      `${
        show(name)
      } in it is packed by method ${method}: expected stored (0) or deflated (8)`,
    );
  }
  if (contents.length !== length || crc32.buf(contents) >>> 0 !== crc) {
    throw fail(`${show(name)} in it is damaged: its checksum differs`);
  }
  return contents;
}

function inflate(
  packed: Uint8Array,
  name: string,
  length: number,
  fail: Fail,
): Uint8Array {
  if (length > packed.length * MAX_RATIO) {
    throw fail(
      `${show(name)} in it cannot hold ${length} bytes in ${packed.length}`,
    );
  }
  try {
    return inflateSync(packed, { out: new Uint8Array(length) });
  } catch (cause) {
    throw new DataFormatError(
      fail(`${show(name)} in it is damaged: it cannot be inflated`).message,
      { cause },
    );
  }
}

/** A name for a message, without the rest of a very long one. */
function show(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}
