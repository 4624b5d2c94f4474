/**
 * The header of an `.npy` file: a dictionary written as Python writes it.
 * NumPy Enhancement Proposal 1, versions 1.0, 2.0 and 3.0.
 *
 * @module
 */
import { checkDims } from "./_dims.ts";
import { ELEMENTS } from "./_element.ts";
import { DataFormatError } from "./errors.ts";

/**
 * The element types of `.npy` files that this package reads and writes.
 *
 * @example Bytes, as images have them
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const type: data.NpyType = "uint8";
 * const file = data.serializeNpy({
 *   type,
 *   shape: [2],
 *   data: Uint8Array.of(1, 2),
 * });
 * assertEquals(data.parseNpy(file).type, "uint8");
 * ```
 */
export type NpyType =
  | "bool"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float16"
  | "float32"
  | "float64";

/** What the header of an `.npy` file says. */
export interface NpyHeader {
  readonly type: NpyType;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: number[];
  /** Bytes before the elements. */
  readonly start: number;
  /** Bytes of the whole file. */
  readonly length: number;
}

/** NumPy's names, without the byte order, and ours. */
const CODES: { readonly [code: string]: NpyType } = {
  b1: "bool",
  u1: "uint8",
  i1: "int8",
  u2: "uint16",
  i2: "int16",
  u4: "uint32",
  i4: "int32",
  u8: "uint64",
  i8: "int64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
};

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** NumPy pads the header so that the elements begin at a multiple of this. */
const ALIGNMENT = 64;

/** A header of plain numbers takes a few hundred bytes. */
const MAX_HEADER_BYTES = 2 ** 20;

/** One `'key': value` of the dictionary; the value is a string, a boolean or a
 * tuple of integers. Python 2 writes `2L` for some integers, `u''` for text. */
const ENTRY =
  /\s*u?(['"])(\w+)\1\s*:\s*(?:u?(['"])([^'"]*)\3|(True|False)|\(([\d\sL,]*)\))\s*(,|$)/y;

/** An error that says why the bytes are no `.npy` file. */
export function npyError(why: string): DataFormatError {
  return new DataFormatError(`Cannot read npy data as ${why}`);
}

/** Reads and checks the header against the bytes at hand. */
export function parseNpyHeader(bytes: Uint8Array): NpyHeader {
  if (bytes.length < 10) {
    throw npyError(`the header is cut short: got ${bytes.length} bytes`);
  }
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw npyError("it does not begin with the mark of the format");
  }
  const major = bytes[6]!;
  if (major < 1 || major > 3 || bytes[7] !== 0) {
    throw npyError(
      `the version of the format is unknown: got ${major}.${bytes[7]}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const prefix = major === 1 ? 10 : 12;
  if (bytes.length < prefix) {
    throw npyError(`the header is cut short: got ${bytes.length} bytes`);
  }
  const start = prefix +
    (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start - prefix > MAX_HEADER_BYTES) {
    throw npyError(
      `the header is longer than ${MAX_HEADER_BYTES} bytes: got ${
        start - prefix
      }`,
    );
  }
  if (start > bytes.length) {
    throw npyError(
      `the header is cut short: got ${bytes.length} bytes, expected ${start}`,
    );
  }
  const encoding = major === 3 ? "utf-8" : "latin1";
  const text = new TextDecoder(encoding).decode(bytes.subarray(prefix, start));
  const { descr, fortranOrder, shape } = parseDictionary(text);
  const { type, littleEndian } = parseDescr(descr);
  const length = shape.reduce((a, b) => a * b, ELEMENTS[type].bytes) + start;
  if (!(length <= Number.MAX_SAFE_INTEGER)) {
    throw npyError(
      `the header announces more than 2^53 bytes: got shape [${
        shape.join(", ")
      }]`,
    );
  }
  return { type, littleEndian, fortranOrder, shape, start, length };
}

function parseDictionary(
  text: string,
): { descr: string; fortranOrder: boolean; shape: number[] } {
  const shown = text.trim().slice(0, 100);
  const braces = /^\s*\{([^]*)\}\s*$/.exec(text);
  if (braces === null) {
    throw npyError(`the header is not a dictionary: got ${shown}`);
  }
  const inner = braces[1]!.trimEnd();
  // The list ends where the next key of the dictionary begins, or it does.
  const records =
    /['"]descr['"]\s*:\s*(\[[^]*?\])\s*(?:,\s*u?['"]\w+['"]\s*:|,?\s*$)/
      .exec(inner);
  if (records !== null) {
    throw npyError(
      `it holds records of several fields: got ${
        records[1]!.slice(0, 100)
      }, save each field as an array of its own`,
    );
  }
  const entries = new Map<string, string>();
  for (ENTRY.lastIndex = 0; ENTRY.lastIndex < inner.length;) {
    const match = ENTRY.exec(inner);
    if (match === null) {
      throw npyError(`the header is not a plain dictionary: got ${shown}`);
    }
    const key = match[2]!;
    if (entries.has(key)) {
      throw npyError(`the header names ${key} twice`);
    }
    const kind = match[4] !== undefined
      ? "s"
      : match[5] !== undefined
      ? "b"
      : "t";
    entries.set(key, kind + (match[4] ?? match[5] ?? match[6]));
  }
  const descr = entries.get("descr");
  const order = entries.get("fortran_order");
  const tuple = entries.get("shape");
  if (
    entries.size !== 3 || descr?.[0] !== "s" || order?.[0] !== "b" ||
    tuple?.[0] !== "t"
  ) {
    throw npyError(
      `the header must hold descr, fortran_order and shape: got ${shown}`,
    );
  }
  return {
    descr: descr.slice(1),
    fortranOrder: order === "bTrue",
    shape: parseTuple(tuple.slice(1)),
  };
}

function parseTuple(text: string): number[] {
  const shape: number[] = [];
  const trimmed = text.trim();
  if (trimmed === "") return shape;
  const parts = trimmed.replace(/,$/, "").split(",");
  checkDims(parts.length, npyError);
  for (const part of parts) {
    const digits = /^\s*(\d+)L?\s*$/.exec(part)?.[1];
    const extent = Number(digits);
    if (digits === undefined || !Number.isSafeInteger(extent)) {
      throw npyError(
        `the shape is not a tuple of integers: got (${text.slice(0, 100)})`,
      );
    }
    shape.push(extent);
  }
  return shape;
}

/** What NumPy's other kinds are called. */
const KINDS: { readonly [kind: string]: string } = {
  c: "complex numbers",
  M: "dates",
  m: "time spans",
  S: "text",
  a: "text",
  U: "text",
  V: "raw bytes or records",
};

function parseDescr(descr: string): { type: NpyType; littleEndian: boolean } {
  const code = descr.slice(1);
  const type = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  // "=" is the byte order of the machine that wrote it: all of today's are
  // little-endian.
  const order = descr[0] === "=" ? "<" : descr[0];
  const single = type !== undefined && ELEMENTS[type].bytes === 1;
  if (type === undefined || !(order === "<" || order === ">" || single)) {
    const kind = KINDS[code[0] ?? ""];
    const hint = code.startsWith("O") || descr === "O"
      ? "pickled Python objects are never read"
      : kind !== undefined
      ? `which means ${kind}`
      : `expected one of ${Object.keys(CODES).join(", ")} after < or >`;
    throw npyError(
      `elements of this kind cannot become a tensor: got ${descr}, ${hint}`,
    );
  }
  return { type, littleEndian: order !== ">" };
}

/** The bytes of a header, in version 1.0 where it fits and 2.0 elsewhere. */
export function serializeNpyHeader(
  type: NpyType,
  shape: readonly number[],
): Uint8Array {
  const code = Object.keys(CODES).find((key) => CODES[key] === type);
  const order = ELEMENTS[type].bytes === 1 ? "|" : "<";
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text =
    `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const major = text.length + 1 + ALIGNMENT > 0xffff ? 2 : 1;
  const prefix = major === 1 ? 10 : 12;
  const start = Math.ceil((prefix + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start);
  bytes.set([...MAGIC, major, 0]);
  const view = new DataView(bytes.buffer);
  if (major === 1) view.setUint16(8, start - prefix, true);
  else view.setUint32(8, start - prefix, true);
  const padded = text.padEnd(start - prefix - 1) + "\n";
  bytes.set(new TextEncoder().encode(padded), prefix);
  return bytes;
}
