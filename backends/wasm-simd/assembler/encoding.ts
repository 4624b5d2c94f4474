/**
 * Code as values, and how numbers and names are encoded.
 *
 * @module
 */

/** The type of a value. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";
/** What a piece of code leaves behind: one value or nothing. */
export type ResultType = ValueType | "none";

/** A piece of code that leaves a value of type `T` (or nothing). */
export interface Code<T extends ResultType = ResultType> {
  /** The type of what the code leaves. */
  readonly type: T;
  /** Appends the encoded instructions. */
  readonly emit: (out: number[]) => void;
}

/** A local variable or parameter; used as code it reads the variable. */
export interface Local<T extends ValueType = ValueType> extends Code<T> {
  /** Its number within the function. */
  readonly index: number;
}

/** A place that a branch can go to. */
export interface Label {
  /** The nesting depth at which the block or loop was opened. */
  readonly depth: number;
}

/** How types are encoded. */
export const VALUE_TYPES: Record<ValueType, number> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};
/** A block that leaves nothing. */
export const NO_RESULT = 0x40;

/** Appends an unsigned LEB128 number. */
export function writeUnsigned(out: number[], value: number): void {
  while (value > 0x7f) {
    out.push((value % 128) | 0x80);
    value = Math.floor(value / 128);
  }
  out.push(value);
}

/** Appends a signed LEB128 number of 32 bits. */
export function writeSigned(out: number[], value: number): void {
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if (rest === ((low & 0x40) === 0 ? 0 : -1)) {
      out.push(low);
      return;
    }
    out.push(low | 0x80);
  }
}

/** Appends a signed LEB128 number of 64 bits. */
export function writeSigned64(out: number[], value: bigint): void {
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if (rest === ((low & 0x40) === 0 ? 0n : -1n)) {
      out.push(low);
      return;
    }
    out.push(low | 0x80);
  }
}

/** Appends an opcode; the upper bytes hold its prefix. */
export function writeOpcode(out: number[], opcode: number): void {
  const prefix = opcode >>> 16;
  if (prefix !== 0) out.push(prefix);
  writeUnsigned(out, opcode & 0xffff);
}

/** Appends a name with its length. */
export function writeText(out: number[], text: string): void {
  const bytes = new TextEncoder().encode(text);
  writeUnsigned(out, bytes.length);
  out.push(...bytes);
}

/** The code that reads a local. */
export function localOf<T extends ValueType>(type: T, index: number): Local<T> {
  return {
    type,
    index,
    emit(out) {
      out.push(0x20);
      writeUnsigned(out, index);
    },
  };
}
