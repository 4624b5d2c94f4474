/**
 * The numbers of a stored tensor, wherever the file keeps them.
 *
 * @module
 */
import { type ByteSource, DataFormatError, readBytes } from "@tenfold/data";
import {
  besidePath,
  elementsOf,
  SMALL_FLOATS,
  smallFloatTable,
} from "@tenfold/data/internal";
import { allocate, factsOf, nameOf, type Numbers, Type } from "./_element.ts";
import type { TensorProto } from "./_proto/messages.ts";

/** A constant: numbers with a type and a shape. */
export interface Constant {
  readonly type: number;
  readonly shape: readonly number[];
  readonly numbers: Numbers;
}

function fail(tensor: TensorProto, why: string): DataFormatError {
  return new DataFormatError(
    `Cannot read the ONNX tensor ${JSON.stringify(tensor.name)} as ${why}`,
  );
}

/** What gives the bytes of files beside the model. */
export type ExternalFiles = (location: string) => Uint8Array | undefined;

/**
 * The constant that a message holds.
 *
 * @throws {DataFormatError} If its data does not fill its shape, or its type
 * has no tensors here.
 */
export function constantOf(
  tensor: TensorProto,
  external: ExternalFiles = () => undefined,
): Constant {
  const { dims, dataType: type } = tensor;
  const facts = factsOf(type);
  if (facts === undefined) {
    throw fail(tensor, `it holds ${nameOf(type)}, and only numbers are read`);
  }
  if (dims.some((extent) => !Number.isSafeInteger(extent) || extent < 0)) {
    throw fail(tensor, `its shape is not one: got [${dims.join(", ")}]`);
  }
  const size = dims.reduce((a, b) => a * b, 1);
  const bytes = tensor.dataLocation === 1
    ? externalBytes(tensor, external)
    : tensor.rawData;
  const bytesDue = Math.ceil(size * facts.bits / 8);
  if (bytes.length > 0 || tensor.dataLocation === 1) {
    if (bytes.length !== bytesDue) {
      throw fail(
        tensor,
        `its shape [${
          dims.join(", ")
        }] of ${facts.name} takes ${bytesDue} bytes: got ${bytes.length}`,
      );
    }
    return { type, shape: dims, numbers: fromBytes(bytes, type, size) };
  }
  const listed = listOf(tensor);
  const due = type === Type.INT4 || type === Type.UINT4
    ? Math.ceil(size / 2)
    : size;
  if (listed.length !== due) {
    throw fail(
      tensor,
      `its shape [${
        dims.join(", ")
      }] takes ${size} values: got ${listed.length}`,
    );
  }
  return { type, shape: dims, numbers: fromList(listed, type, size) };
}

function externalBytes(
  tensor: TensorProto,
  external: ExternalFiles,
): Uint8Array {
  const entry = (key: string) =>
    tensor.externalData.find((item) => item.key === key)?.value;
  const location = entry("location") ?? "";
  const file = external(location);
  if (file === undefined) {
    throw fail(
      tensor,
      `its data lies in the file ${
        JSON.stringify(location)
      }, which is not there: pass { external: (location) => source }`,
    );
  }
  const offset = Number(entry("offset") ?? 0);
  const length = Number(entry("length") ?? file.length - offset);
  if (!(offset >= 0 && length >= 0 && offset + length <= file.length)) {
    throw fail(
      tensor,
      `its data lies outside of the file ${
        JSON.stringify(location)
      }: got ${length} bytes at ${offset} of ${file.length}`,
    );
  }
  return file.subarray(offset, offset + length);
}

function listOf(tensor: TensorProto): number[] {
  switch (tensor.dataType) {
    case Type.FLOAT:
      return tensor.floatData;
    case Type.DOUBLE:
      return tensor.doubleData;
    case Type.INT64:
      return tensor.int64Data;
    case Type.UINT32:
    case Type.UINT64:
      return tensor.uint64Data;
    default:
      return tensor.int32Data;
  }
}

/** The small float that a type is, if it is one. */
function smallFloatOf(type: number): Float32Array | undefined {
  switch (type) {
    case Type.FLOAT16:
      return smallFloatTable(SMALL_FLOATS.float16);
    case Type.BFLOAT16:
      return smallFloatTable(SMALL_FLOATS.bfloat16);
    case Type.FLOAT8E4M3FN:
      return smallFloatTable(SMALL_FLOATS.float8_e4m3);
    case Type.FLOAT8E4M3FNUZ:
      return smallFloatTable(SMALL_FLOATS.float8_e4m3fnuz);
    case Type.FLOAT8E5M2:
      return smallFloatTable(SMALL_FLOATS.float8_e5m2);
    case Type.FLOAT8E5M2FNUZ:
      return smallFloatTable(SMALL_FLOATS.float8_e5m2fnuz);
  }
}

function fromList(
  values: readonly number[],
  type: number,
  size: number,
): Numbers {
  const table = smallFloatOf(type);
  if (table !== undefined) {
    return Float32Array.from(values, (code) => table[code & 0xffff] ?? NaN);
  }
  if (type === Type.INT4 || type === Type.UINT4) {
    return halfBytes(Uint8Array.from(values), type, size);
  }
  const out = allocate(type, size);
  out.set(values);
  return out;
}

function fromBytes(bytes: Uint8Array, type: number, size: number): Numbers {
  const table = smallFloatOf(type);
  if (table !== undefined) {
    const codes = table.length > 256
      ? elementsOf(bytes, Uint16Array, true)
      : bytes;
    return Float32Array.from(codes, (code) => table[code]!);
  }
  switch (type) {
    case Type.FLOAT:
      return elementsOf(bytes, Float32Array, true);
    case Type.DOUBLE:
      return elementsOf(bytes, Float64Array, true);
    case Type.INT32:
      return elementsOf(bytes, Int32Array, true);
    case Type.INT64:
      return Float64Array.from(elementsOf(bytes, BigInt64Array, true), Number);
    case Type.UINT64:
      return Float64Array.from(elementsOf(bytes, BigUint64Array, true), Number);
    case Type.UINT32:
      return Float64Array.from(elementsOf(bytes, Uint32Array, true));
    case Type.INT16:
      return Int32Array.from(elementsOf(bytes, Int16Array, true));
    case Type.UINT16:
      return Int32Array.from(elementsOf(bytes, Uint16Array, true));
    case Type.INT8:
      return Int32Array.from(elementsOf(bytes, Int8Array, true));
    case Type.BOOL:
      return Uint8Array.from(bytes, (byte) => byte === 0 ? 0 : 1);
    case Type.INT4:
    case Type.UINT4:
      return halfBytes(bytes, type, size);
    default:
      return Int32Array.from(bytes);
  }
}

/** Two integers of four bits a byte, the lower half first. */
function halfBytes(bytes: Uint8Array, type: number, size: number): Numbers {
  const out = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const code = bytes[i >> 1]! >> (i % 2 * 4) & 15;
    out[i] = type === Type.INT4 && code > 7 ? code - 16 : code;
  }
  return out;
}

/**
 * Reads the files beside a model that its tensors lie in.
 *
 * @param locations Their names in the model.
 * @param model Where the model was read from.
 * @param open Gives the source of each; without it they lie beside the model.
 */
export async function readExternal(
  locations: Iterable<string>,
  model: ByteSource,
  open?: (location: string) => ByteSource,
): Promise<ExternalFiles> {
  const files = new Map<string, Uint8Array>();
  for (const location of locations) {
    const source = open ? open(location) : beside(model, location);
    if (source !== null) files.set(location, await readBytes(source));
  }
  return (location) => files.get(location);
}

/** The file of a name beside a model, or null where the model is only bytes. */
function beside(model: ByteSource, location: string): ByteSource | null {
  if (typeof model !== "string" && !(model instanceof URL)) return null;
  const parts = location.split(/[\\/]/);
  if (parts.includes("..") || /^([\\/]|[A-Za-z]+:)/.test(location)) {
    throw new DataFormatError(
      `Cannot read the ONNX model as it asks for a file that does not lie beside it: got ${
        JSON.stringify(location)
      }, pass { external: (location) => source } to choose it`,
    );
  }
  if (model instanceof URL && model.protocol !== "file:") {
    return new URL(parts.map(encodeURIComponent).join("/"), model);
  }
  if (typeof model === "string" && /^(https?|data|blob):/i.test(model)) {
    return beside(new URL(model), location);
  }
  return besidePath(model, location);
}
