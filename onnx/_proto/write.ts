/**
 * Messages to bytes.
 *
 * @module
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Field, FieldKind, Fields } from "./messages.ts";

type Scalar = number | string | Uint8Array;

function writeScalar(
  writer: BinaryWriter,
  kind: FieldKind,
  value: Scalar,
): void {
  switch (kind) {
    case "int":
      writer.int64(value as number);
      return;
    case "uint":
      writer.uint64(value as number);
      return;
    case "float":
      writer.float(value as number);
      return;
    case "double":
      writer.double(value as number);
      return;
    case "string":
      writer.string(value as string);
      return;
    case "bytes":
      writer.bytes(value as Uint8Array);
      return;
  }
}

function wireOf(kind: FieldKind): WireType {
  if (kind === "float") return WireType.Bit32;
  if (kind === "double") return WireType.Bit64;
  return kind === "int" || kind === "uint"
    ? WireType.Varint
    : WireType.LengthDelimited;
}

function isDefault(value: unknown): boolean {
  return value === 0 || value === "" ||
    (value instanceof Uint8Array && value.length === 0);
}

function writeField(
  writer: BinaryWriter,
  { no, kind, count }: Field,
  value: unknown,
  always: boolean,
): void {
  if (value === undefined || value === null) return;
  const values = count === "many" ? value as unknown[] : [value];
  if (typeof kind === "function") {
    for (const message of values) {
      writer.tag(no, WireType.LengthDelimited).fork();
      writeInto(writer, kind(), message as object);
      writer.join();
    }
    return;
  }
  if (count === "one" && !always && isDefault(value)) return;
  const wire = wireOf(kind);
  if (count === "many" && wire !== WireType.LengthDelimited) {
    if (values.length === 0) return;
    writer.tag(no, WireType.LengthDelimited).fork();
    for (const item of values) writeScalar(writer, kind, item as Scalar);
    writer.join();
    return;
  }
  for (const item of values) {
    writer.tag(no, wire);
    writeScalar(writer, kind, item as Scalar);
  }
}

/** Attributes hold their value also where it is 0. */
const ALWAYS = new Set(["f", "i", "s"]);

function writeInto(
  writer: BinaryWriter,
  fields: Fields,
  message: object,
): void {
  const values = message as { readonly [name: string]: unknown };
  for (const [name, field] of Object.entries(fields)) {
    writeField(writer, field, values[name], ALWAYS.has(name));
  }
}

/** A message that leaves out what is missing or a default. */
export type Partly<T> = {
  [K in keyof T]?: T[K] extends (infer E)[]
    ? E extends object ? E extends Uint8Array ? E[] : Partly<E>[] : E[]
    : T[K] extends Uint8Array ? Uint8Array
    : T[K] extends object | null ? Partly<NonNullable<T[K]>> | null
    : T[K];
};

/** The bytes of a message with the fields of a table. */
export function writeMessage<T>(
  fields: { readonly [K in keyof T]: Field },
  message: Partly<T>,
): Uint8Array {
  const writer = new BinaryWriter();
  writeInto(writer, fields as unknown as Fields, message as object);
  return writer.finish();
}
