/**
 * IDX, the format of the MNIST files: a magic number, the extents, and the
 * elements, all in big-endian order. Described by LeCun, Cortes and Burges
 * with "The MNIST database of handwritten digits".
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount } from "@tenfold/core/internal";
import type { AnyTypedArray } from "./_bytes.ts";
import { ELEMENTS, type ElementType } from "./_element.ts";
import { parseAs } from "./_foreign_format.ts";
import { gunzip, gunzipBound, isGzip } from "./_gzip.ts";
import { type DeviceOption, toTensor } from "./_to_tensor.ts";
import { checkDims, MAX_DIMS } from "./_dims.ts";
import { DataFormatError } from "./errors.ts";
import { type ByteSource, readBytes } from "./source.ts";

/**
 * The element types of IDX.
 *
 * @example Bytes, as in MNIST
 * ```ts
 * import { data } from "@tenfold/tenfold";
 *
 * const type: data.IdxType = "uint8";
 * const file = data.serializeIdx({
 *   type,
 *   shape: [2],
 *   data: Uint8Array.of(1, 2),
 * });
 * ```
 */
export type IdxType =
  | "uint8"
  | "int8"
  | "int16"
  | "int32"
  | "float32"
  | "float64";

/**
 * The contents of an IDX file.
 *
 * @example The extents of a file
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const array: data.IdxArray = data.parseIdx(
 *   data.serializeIdx({
 *     type: "uint8",
 *     shape: [2],
 *     data: Uint8Array.of(1, 2),
 *   }),
 * );
 * assertEquals(array.shape, [2]);
 * ```
 */
export interface IdxArray {
  /** The element type that the file names. */
  readonly type: IdxType;
  /** The extents, outermost first. */
  readonly shape: number[];
  /** The elements in C order, in the typed array of their type. */
  readonly data: AnyTypedArray;
}

const TYPES: ReadonlyMap<number, IdxType> = new Map([
  [0x08, "uint8"],
  [0x09, "int8"],
  [0x0b, "int16"],
  [0x0c, "int32"],
  [0x0d, "float32"],
  [0x0e, "float64"],
]);

/** What the header of an IDX file says. */
interface IdxHeader {
  readonly type: IdxType;
  readonly shape: number[];
  /** Bytes before the elements. */
  readonly start: number;
  /** Bytes of the whole file. */
  readonly length: number;
}

function fail(why: string): DataFormatError {
  return new DataFormatError(`Cannot read IDX data as ${why}`);
}

function parseHeader(bytes: Uint8Array): IdxHeader {
  if (bytes.length < 4) {
    throw fail(`the header is cut short: got ${bytes.length} bytes`);
  }
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    throw fail(
      `it must begin with two zero bytes: got ${bytes[0]} and ${bytes[1]}`,
    );
  }
  const type = TYPES.get(bytes[2]!);
  if (type === undefined) {
    throw fail(`the element type is unknown: got code ${bytes[2]}`);
  }
  const ndim = bytes[3]!;
  checkDims(ndim, fail);
  const start = 4 + 4 * ndim;
  if (bytes.length < start) {
    throw fail(
      `the header is cut short: got ${bytes.length} bytes, expected ${start} for ${ndim} dims`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape: number[] = [];
  let size: number = ELEMENTS[type].bytes;
  for (let d = 0; d < ndim; d++) {
    const extent = view.getUint32(4 + 4 * d);
    shape.push(extent);
    size *= extent;
  }
  if (!(size <= Number.MAX_SAFE_INTEGER)) {
    throw fail(
      `the header announces more than 2^53 bytes: got shape [${
        shape.join(", ")
      }]`,
    );
  }
  return { type, shape, start, length: start + size };
}

/** Checks that a file is as long as its header says. */
function checkLength(header: IdxHeader, length: number): void {
  if (length !== header.length) {
    throw fail(
      `it is ${
        length < header.length ? "cut short" : "longer than its header says"
      }: got ${length} bytes, expected ${header.length} for ${header.type} of shape [${
        header.shape.join(", ")
      }]`,
    );
  }
}

/**
 * Reads the bytes of an IDX file (not gzipped).
 *
 * @param bytes The whole file.
 * @returns The element type, the shape and the elements.
 * @throws {DataFormatError} If the bytes are not an IDX file, are cut short,
 * or are more than the header announces.
 *
 * @example A vector of three bytes
 * ```ts
 * import { parseIdx } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const file = new Uint8Array([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]);
 * const { type, shape, data } = parseIdx(file);
 * assertEquals(type, "uint8");
 * assertEquals(shape, [3]);
 * assertEquals([...data], [5, 0, 4]);
 * ```
 */
export function parseIdx(bytes: Uint8Array): IdxArray {
  checkCount("parseIdx", arguments.length, 1);
  return parseAs(bytes, "IDX data", undefined, parseWhole);
}

function parseWhole(bytes: Uint8Array): IdxArray {
  const header = parseHeader(bytes);
  checkLength(header, bytes.length);
  const data = ELEMENTS[header.type].decode(
    bytes.subarray(header.start),
    false,
  );
  return { type: header.type, shape: header.shape, data };
}

/**
 * The bytes of an IDX file.
 *
 * @param array The element type, the shape and the elements.
 * @returns The whole file.
 * @throws {RangeError} If the shape and the number of elements differ, or the
 * shape has more than 64 dims or an extent of 2^32 or more.
 *
 * @example There and back
 * ```ts
 * import { parseIdx, serializeIdx } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const data = new Int16Array([1, -2]);
 * const file = serializeIdx({ type: "int16", shape: [2, 1], data });
 * assertEquals(parseIdx(file).data, data);
 * ```
 */
export function serializeIdx(array: IdxArray): Uint8Array {
  checkCount("serializeIdx", arguments.length, 1);
  const { type, shape, data } = array;
  const size = shape.reduce((a, b) => a * b, 1);
  const wrongExtent = shape.some((extent) =>
    !Number.isInteger(extent) || extent < 0 || extent >= 2 ** 32
  );
  if (shape.length > MAX_DIMS || wrongExtent || size !== data.length) {
    throw new RangeError(
      `Cannot write IDX data as the shape does not hold the elements: got shape [${
        shape.join(", ")
      }] and ${data.length} elements`,
    );
  }
  const code = [...TYPES].find(([, name]) => name === type)?.[0];
  if (code === undefined) {
    throw new RangeError(
      `Cannot write IDX data as the element type is unknown: got ${type}`,
    );
  }
  const start = 4 + 4 * shape.length;
  const elements = ELEMENTS[type as ElementType].encode(data, false);
  const bytes = new Uint8Array(start + elements.length);
  bytes.set([0, 0, code, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((extent, d) => view.setUint32(4 + 4 * d, extent));
  bytes.set(elements, start);
  return bytes;
}

/**
 * The bytes of an IDX file, decompressed if they are gzipped. Nothing larger
 * than the header announces is ever allocated.
 */
export async function inflateIdx(bytes: Uint8Array): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  const bound = gunzipBound(bytes.length);
  return await gunzip(bytes, "gzipped IDX data", (head) => {
    const header = parseHeader(head);
    if (header.length > bound) {
      throw fail(
        `the header announces more than the file can hold: got ${bytes.length} compressed bytes for shape [${
          header.shape.join(", ")
        }]`,
      );
    }
    return header.length;
  });
}

/**
 * Reads an IDX file, gzipped or not, into a tensor. Elements of uint8, int8,
 * int16 and int32 become int32, float32 stays, and float64 stays where the
 * device has it and becomes float32 elsewhere.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `device`.
 * @returns A tensor of the file's shape.
 * @throws {DataFormatError} If the file is damaged.
 * @throws {FileError} If the file cannot be read.
 *
 * @example A file from bytes
 * ```ts
 * import { data } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const file = new Uint8Array([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 5, 4]);
 * const labels = await data.readIdx(file);
 * assertEquals(labels.shape, [1, 2]);
 * assertEquals(await labels.toArray(), [[5, 4]]);
 * ```
 */
export async function readIdx(
  source: ByteSource,
  options: DeviceOption = {},
): Promise<Tensor> {
  checkCount("readIdx", arguments.length, 2);
  const { type, shape, data } = parseIdx(
    await inflateIdx(await readBytes(source)),
  );
  return toTensor(data, type, shape, "IDX data", options);
}
