/**
 * The header of a safetensors file: its length in eight bytes, and JSON that
 * says where each tensor lies. Hugging Face, "safetensors format", 2023.
 *
 * @module
 */
import { z } from "zod";
import { DataFormatError, messageOf } from "./errors.ts";

/** The dtypes of the safetensors format. */
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
  readonly dtype: SafetensorsDType;
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

const offset = z.int().nonnegative();

const entrySchema = z.strictObject({
  dtype: z.enum(
    Object.keys(SAFETENSORS_BITS) as [SafetensorsDType, ...SafetensorsDType[]],
  ),
  shape: z.array(offset),
  data_offsets: z.tuple([offset, offset]),
});

/** An error that says why the bytes are no safetensors file. */
export function safetensorsError(why: string): DataFormatError {
  return new DataFormatError(`Cannot read safetensors data as ${why}`);
}

/** A name for a message, without the rest of a very long one. */
function show(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

/** Reads the header and checks it against the bytes at hand. */
export function parseSafetensorsHeader(bytes: Uint8Array): SafetensorsHeader {
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
  const start = 8 + Number(headerLength);
  if (start > bytes.length) {
    throw safetensorsError(
      `the header is cut short: got ${bytes.length} bytes, expected at least ${start}`,
    );
  }
  const json = parseJson(bytes.subarray(8, start));
  let metadata: { [key: string]: string } = {};
  const entries: HeaderEntry[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name === "__metadata__") metadata = checkMetadata(value);
    else entries.push(checkEntry(name, value));
  }
  checkTiling(entries, bytes.length - start);
  return { entries, metadata, start };
}

function parseJson(bytes: Uint8Array): { [key: string]: unknown } {
  let value: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw safetensorsError(
      `the header is not JSON in UTF-8: ${messageOf(cause)}`,
    );
  }
  if (text[0] !== "{" || typeof value !== "object" || value === null) {
    throw safetensorsError("the header is not a JSON object");
  }
  const repeated = findRepeatedKey(text);
  if (repeated !== null) {
    throw safetensorsError(`the header names ${show(repeated)} twice`);
  }
  return value as { [key: string]: unknown };
}

/**
 * The first key that an object of a valid JSON text names twice, or `null`.
 * `JSON.parse` itself keeps the last of them without a word.
 */
export function findRepeatedKey(json: string): string | null {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (char === "{") open.push(new Set());
    else if (char === "}") open.pop();
    else if (char === '"') {
      const start = at;
      for (at++; json[at] !== '"'; at++) if (json[at] === "\\") at++;
      let next = at + 1;
      while (json.charCodeAt(next) <= 0x20) next++;
      if (json[next] !== ":") continue;
      const key = JSON.parse(json.slice(start, at + 1)) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}

function checkMetadata(value: unknown): { [key: string]: string } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw safetensorsError("__metadata__ is not an object of strings");
  }
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      throw safetensorsError(
        `__metadata__ must hold strings only: got ${typeof text} for ${
          show(key)
        }`,
      );
    }
  }
  return value as { [key: string]: string };
}

function checkEntry(name: string, value: unknown): HeaderEntry {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const field = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
    throw safetensorsError(
      `the entry of ${show(name)} is not sound: ${field}${issue.message}`,
    );
  }
  const { dtype, shape, data_offsets: [begin, end] } = parsed.data;
  const bits = shape.reduce((a, b) => a * b, SAFETENSORS_BITS[dtype]);
  if (!(bits <= Number.MAX_SAFE_INTEGER)) {
    throw safetensorsError(
      `${show(name)} has more than 2^53 bits: got shape [${shape.join(", ")}]`,
    );
  }
  if (bits !== (end - begin) * 8) {
    throw safetensorsError(
      `the offsets of ${
        show(name)
      } do not fit its shape: got [${begin}, ${end}] for ${dtype} of shape [${
        shape.join(", ")
      }], which takes ${bits / 8} bytes`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** Sorts the entries by place and checks that they fill the data exactly. */
function checkTiling(entries: HeaderEntry[], length: number): void {
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
  if (at !== length) {
    throw safetensorsError(
      `it is ${
        length < at ? "cut short" : "longer than its header says"
      }: got ${length} bytes of data, expected ${at}`,
    );
  }
}
