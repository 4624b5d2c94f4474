/**
 * Bytes to messages.
 *
 * @module
 */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { DataFormatError } from "@tenfold/data";
import {
  type Field,
  type FieldKind,
  type Fields,
  MODEL,
  type ModelProto,
  TENSOR,
  type TensorProto,
} from "./messages.ts";

/** Messages within messages; graphs within graphs take four each. */
const MAX_DEPTH = 200;

/** The fields of a message by their numbers, made once for each table. */
const byNumber = new WeakMap<Fields, Map<number, [string, Field]>>();

function numbersOf(fields: Fields): Map<number, [string, Field]> {
  let found = byNumber.get(fields);
  if (found === undefined) {
    found = new Map(
      Object.entries(fields).map((entry) => [entry[1].no, entry]),
    );
    byNumber.set(fields, found);
  }
  return found;
}

const DEFAULTS: { readonly [K in FieldKind]: unknown } = {
  int: 0,
  uint: 0,
  float: 0,
  double: 0,
  string: "",
  bytes: new Uint8Array(0),
};

function readScalar(reader: BinaryReader, kind: FieldKind): unknown {
  switch (kind) {
    case "int":
      return Number(reader.int64());
    case "uint":
      return Number(reader.uint64());
    case "float":
      return reader.float();
    case "double":
      return reader.double();
    case "string":
      return reader.string();
    case "bytes":
      return reader.bytes();
  }
}

const WIRE: { readonly [K in FieldKind]: WireType } = {
  int: WireType.Varint,
  uint: WireType.Varint,
  float: WireType.Bit32,
  double: WireType.Bit64,
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
};

type Message = { [name: string]: unknown };

function readMessage(
  reader: BinaryReader,
  end: number,
  fields: Fields,
  depth: number,
): Message {
  if (depth > MAX_DEPTH) {
    throw new RangeError(`messages lie more than ${MAX_DEPTH} deep`);
  }
  const message: Message = {};
  for (const [name, { kind, count }] of Object.entries(fields)) {
    message[name] = count === "many"
      ? []
      : count === "maybe"
      ? null
      : DEFAULTS[kind as FieldKind];
  }
  const numbers = numbersOf(fields);
  while (reader.pos < end) {
    const [no, wire] = reader.tag();
    const known = numbers.get(no);
    if (known === undefined) {
      reader.skip(wire, no);
      continue;
    }
    readField(reader, message, known[0], known[1], wire, depth);
  }
  if (reader.pos !== end) throw new RangeError("a message ends too late");
  return message;
}

function readField(
  reader: BinaryReader,
  message: Message,
  name: string,
  { kind, count }: Field,
  wire: WireType,
  depth: number,
): void {
  const list = message[name] as unknown[];
  if (typeof kind === "function") {
    if (wire !== WireType.LengthDelimited) throw wrongWire(name, wire);
    const length = reader.uint32();
    const end = reader.pos + length;
    if (end > reader.len) throw new RangeError("it ends too early");
    const value = readMessage(reader, end, kind(), depth + 1);
    if (count === "many") list.push(value);
    else message[name] = value;
    return;
  }
  const expected = WIRE[kind];
  if (wire === expected) {
    const value = readScalar(reader, kind);
    if (count === "many") list.push(value);
    else message[name] = value;
  } else if (count === "many" && wire === WireType.LengthDelimited) {
    const end = reader.uint32() + reader.pos;
    if (end > reader.len) throw new RangeError("it ends too early");
    while (reader.pos < end) list.push(readScalar(reader, kind));
    if (reader.pos !== end) throw new RangeError("a list ends too late");
  } else {
    throw wrongWire(name, wire);
  }
}

function wrongWire(name: string, wire: WireType): RangeError {
  return new RangeError(`the field ${name} is stored in another way: ${wire}`);
}

function read<T>(bytes: Uint8Array, fields: Fields, what: string): T {
  try {
    const reader = new BinaryReader(bytes);
    return readMessage(reader, reader.len, fields, 0) as T;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataFormatError(
      `Cannot read ${what} as it is damaged or no file of ONNX: ${why}`,
      { cause },
    );
  }
}

/** The model that bytes hold; tensors look into them and copy nothing. */
export function readModel(bytes: Uint8Array): ModelProto {
  return read(bytes, MODEL as unknown as Fields, "an ONNX model");
}

/** The tensor that bytes hold. */
export function readTensor(bytes: Uint8Array): TensorProto {
  return read(bytes, TENSOR as unknown as Fields, "an ONNX tensor");
}
