/**
 * The header of a safetensors file: its length in eight bytes, and JSON that
 * says where each tensor lies. Hugging Face, "safetensors format", 2023.
 *
 * @module
 */
import { checkDims, MAX_DIMS } from "./_dims.ts";
import { JsonError, JsonReader } from "./_json_header.ts";
import { DataFormatError } from "./errors.ts";

/**
 * The dtypes of the safetensors format.
 *
 * @example Half the size
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, ones } from "@tenfold/tenfold";
 *
 * const dtype: data.SafetensorsDType = "BF16";
 * const bytes = await data.encodeSafetensors({ weight: ones([2]) }, { dtype });
 * assertEquals(
 *   data.parseSafetensors(bytes).tensors.get("weight")?.dtype,
 *   dtype,
 * );
 * ```
 */
export type SafetensorsDType =
  | "BOOL"
  | "F4"
  | "F6_E2M3"
  | "F6_E3M2"
  | "U8"
  | "I8"
  | "F8_E5M2"
  | "F8_E4M3"
  | "F8_E8M0"
  | "F8_E4M3FNUZ"
  | "F8_E5M2FNUZ"
  | "I16"
  | "U16"
  | "F16"
  | "BF16"
  | "I32"
  | "U32"
  | "F32"
  | "C64"
  | "F64"
  | "I64"
  | "U64";

/**
 * Bits of one element of each dtype that the format knows, in the order in
 * which its reference writes them, last first.
 */
export const SAFETENSORS_BITS: { readonly [D in SafetensorsDType]: number } = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
};

/** The largest header that the format allows, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Where one tensor lies, as the header says it. */
export interface HeaderEntry {
  readonly name: string;
  /** One that this package knows, or one that came later. */
  readonly dtype: string;
  readonly shape: number[];
  /** First byte, counted from the end of the header. */
  readonly begin: number;
  /** The byte after the last. */
  readonly end: number;
}

/** A header that was found to be sound. */
export interface SafetensorsHeader {
  readonly entries: HeaderEntry[];
  readonly metadata: { [key: string]: string };
  /** Bytes before the first tensor. */
  readonly start: number;
}

/** An error that says why the bytes are no safetensors file. */
export function safetensorsError(why: string): DataFormatError {
  return new DataFormatError(`Cannot read safetensors data as ${why}`);
}

/** A name for a message, without the rest of a very long one. */
function show(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

/** Bytes before the end of the header, by the first eight of a file. */
export function safetensorsStart(bytes: Uint8Array): number {
  if (bytes.length < 8) {
    throw safetensorsError(
      `the length of the header is cut short: got ${bytes.length} bytes`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getBigUint64(0, true);
  if (headerLength > BigInt(MAX_HEADER_BYTES)) {
    throw safetensorsError(
      `the header is longer than ${MAX_HEADER_BYTES} bytes: got ${headerLength}`,
    );
  }
  return 8 + Number(headerLength);
}

/**
 * Reads the header and checks it against the bytes at hand.
 *
 * @param length Bytes of the whole file, where only its front is at hand, or
 * `null` where nobody knows.
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  length: number | null = bytes.length,
): SafetensorsHeader {
  const start = safetensorsStart(bytes);
  if (start > bytes.length) {
    throw safetensorsError(
      `the header is cut short: got ${bytes.length} bytes, expected at least ${start}`,
    );
  }
  const { entries, metadata } = readHeader(bytes.subarray(8, start));
  checkTiling(entries, length === null ? null : length - start);
  return { entries, metadata, start };
}

/** The header as text; what is not UTF-8 is refused. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    throw safetensorsError("the header is not JSON in UTF-8");
  }
}

function readHeader(
  bytes: Uint8Array,
): Pick<SafetensorsHeader, "entries" | "metadata"> {
  const entries: HeaderEntry[] = [];
  let metadata: { [key: string]: string } = {};
  const json = new JsonReader(textOf(bytes));
  try {
    if (json.next !== "" && json.kind !== "object") {
      throw safetensorsError("the header is not a JSON object");
    }
    json.object((name) => {
      if (name === "__metadata__") metadata = readMetadata(json);
      else entries.push(readEntry(json, name));
    }, repeated);
    json.end();
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw safetensorsError(
      `the header is not JSON in UTF-8: ${error.message}`,
    );
  }
  return { entries, metadata };
}

function repeated(key: string): never {
  throw safetensorsError(`the header names ${show(key)} twice`);
}

/** The metadata; some writers put null where they have none. */
function readMetadata(json: JsonReader): { [key: string]: string } {
  if (json.takeNull()) return {};
  if (json.kind !== "object") {
    throw safetensorsError("__metadata__ is not an object of strings");
  }
  const pairs: [string, string][] = [];
  json.object((key) => {
    if (json.kind !== "string") {
      throw safetensorsError(
        `__metadata__ must hold strings only: got ${json.kind} for ${
          show(key)
        }`,
      );
    }
    pairs.push([key, json.string()]);
  }, repeated);
  return Object.fromEntries(pairs);
}

/** One entry. Keys that came to the format later are passed over. */
function readEntry(json: JsonReader, name: string): HeaderEntry {
  const fail = (why: string) =>
    safetensorsError(`the entry of ${show(name)} is not sound: ${why}`);
  if (json.kind !== "object") {
    throw fail(`it must be an object: got ${json.kind}`);
  }
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  json.object((key) => {
    if (key === "dtype") {
      if (json.kind !== "string") {
        throw fail(`dtype must be a string: got ${json.kind}`);
      }
      dtype = json.string();
    } else if (key === "shape") {
      shape = readIntegers(json, key, fail, MAX_DIMS);
    } else if (key === "data_offsets") {
      offsets = readIntegers(json, key, fail, 2);
    } else {
      json.skip();
    }
  }, repeated);
  if (dtype === undefined) throw fail("dtype is missing");
  if (shape === undefined) throw fail("shape is missing");
  if (offsets?.length !== 2) throw fail("data_offsets must be two integers");
  const [begin, end] = offsets as [number, number];
  checkSize(name, dtype, shape, begin, end);
  return { name, dtype, shape, begin, end };
}

/** Integers from 0 on, at most so many. */
function readIntegers(
  json: JsonReader,
  field: string,
  fail: (why: string) => DataFormatError,
  most: number,
): number[] {
  if (json.kind !== "array") {
    throw fail(`${field} must be an array of integers: got ${json.kind}`);
  }
  const integers: number[] = [];
  json.array((index) => {
    if (index < most) {
      const value = json.kind === "number" ? json.number() : NaN;
      if (!Number.isSafeInteger(value) || value < 0) {
        throw fail(
          `${field}.${index} must be an integer from 0 to 2^53: got ${
            Number.isNaN(value) ? json.kind : value
          }`,
        );
      }
      integers.push(value + 0);
    } else if (field === "shape") {
      checkDims(index + 1, fail);
    } else {
      throw fail(`${field} must be ${most} integers`);
    }
  });
  return integers;
}

/** Whether this package knows a dtype of the format. */
export function isKnownDType(dtype: string): dtype is SafetensorsDType {
  return Object.hasOwn(SAFETENSORS_BITS, dtype);
}

function checkSize(
  name: string,
  dtype: string,
  shape: readonly number[],
  begin: number,
  end: number,
): void {
  const place = `got [${begin}, ${end}] for ${show(dtype).slice(1, -1)}`;
  if (end < begin) {
    throw safetensorsError(
      `the offsets of ${show(name)} do not fit its shape: ${place}`,
    );
  }
  // How long elements of an unknown dtype are cannot be told: it is enough that
  // they have a place of their own.
  if (!isKnownDType(dtype)) return;
  const bits = shape.reduce((a, b) => a * b, SAFETENSORS_BITS[dtype]);
  if (!(bits <= Number.MAX_SAFE_INTEGER)) {
    throw safetensorsError(
      `${show(name)} has more than 2^53 bits: got shape [${shape.join(", ")}]`,
    );
  }
  if (bits !== (end - begin) * 8) {
    throw safetensorsError(
      `the offsets of ${show(name)} do not fit its shape: ${place} of shape [${
        shape.join(", ")
      }], which takes ${bits / 8} bytes`,
    );
  }
}

/** Sorts the entries by place and checks that they fill the data exactly. */
function checkTiling(
  entries: HeaderEntry[],
  length: number | null,
): void {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== at) {
      throw safetensorsError(
        `the tensors must fill the data without ${
          begin < at ? "overlap" : "gaps"
        }: ${show(name)} begins at byte ${begin}, expected ${at}`,
      );
    }
    at = end;
  }
  if (length !== null && at !== length) {
    throw safetensorsError(
      `it is ${
        length < at ? "cut short" : "longer than its header says"
      }: got ${length} bytes of data, expected ${at}`,
    );
  }
}
