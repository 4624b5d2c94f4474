/**
 * Instructions as functions that take and give code; their types come from
 * the tables of opcodes.
 *
 * @module
 */

import {
  type Code,
  type ResultType,
  VALUE_TYPES,
  type ValueType,
  writeOpcode,
  writeSigned,
  writeSigned64,
  writeUnsigned,
} from "./encoding.ts";
import {
  EXTRACTS,
  LANE_LOADS,
  LANE_STORES,
  LOADS,
  MISC,
  PLAIN,
  REPLACES,
  STORES,
  VECTOR,
} from "./opcodes.ts";

const scratch = new DataView(new ArrayBuffer(16));

function writeScratch(out: number[], bytes: number): void {
  for (let i = 0; i < bytes; i++) out.push(scratch.getUint8(i));
}

function instruction<T extends ResultType>(
  type: T,
  operands: readonly Code[],
  opcode: number,
  immediates?: (out: number[]) => void,
): Code<T> {
  return {
    type,
    emit(out) {
      for (const operand of operands) operand.emit(out);
      writeOpcode(out, opcode);
      immediates?.(out);
    },
  };
}

function memoryImmediates(out: number[], align: number, offset: number): void {
  writeUnsigned(out, align);
  writeUnsigned(out, offset);
}

type Operands<S extends string> = S extends `${infer Head} ${infer Rest}`
  ? [Code<Head & ValueType>, ...Operands<Rest>]
  : [Code<S & ValueType>];

type Tables =
  & typeof PLAIN
  & typeof LOADS
  & typeof STORES
  & typeof EXTRACTS
  & typeof REPLACES
  & typeof LANE_LOADS
  & typeof LANE_STORES;

/** The function that makes the instruction of this name. */
type Maker<K> = K extends keyof typeof PLAIN
  ? (...operands: Operands<(typeof PLAIN)[K][1]>) => Code<(typeof PLAIN)[K][2]>
  : K extends keyof typeof LOADS
    ? (address: Code<"i32">, offset?: number) => Code<(typeof LOADS)[K][1]>
  : K extends keyof typeof STORES ? (
      address: Code<"i32">,
      value: Code<(typeof STORES)[K][1]>,
      offset?: number,
    ) => Code<"none">
  : K extends keyof typeof EXTRACTS
    ? (vector: Code<"v128">, lane: number) => Code<(typeof EXTRACTS)[K][1]>
  : K extends keyof typeof REPLACES ? (
      vector: Code<"v128">,
      lane: number,
      value: Code<(typeof REPLACES)[K][1]>,
    ) => Code<"v128">
  : K extends keyof typeof LANE_LOADS ? (
      address: Code<"i32">,
      vector: Code<"v128">,
      lane: number,
      offset?: number,
    ) => Code<"v128">
  : (
    address: Code<"i32">,
    vector: Code<"v128">,
    lane: number,
    offset?: number,
  ) => Code<"none">;

type Namespace<N extends string> = {
  readonly [
    K in keyof Tables as K extends `${N}.${infer Rest}` ? Rest : never
  ]: Maker<K>;
};

/** `add(...)` of `i32`, by the text format's name `"i32.add"`. */
function namespace<N extends string>(name: N): Namespace<N> {
  const made: Record<string, unknown> = {};
  const rows = <R>(
    table: Record<string, R>,
    make: (row: R) => unknown,
  ): void => {
    for (const [key, row] of Object.entries(table)) {
      if (!key.startsWith(`${name}.`)) continue;
      made[key.slice(name.length + 1)] = make(row);
    }
  };
  rows(
    PLAIN as Record<string, readonly [number, string, ValueType]>,
    ([opcode, , result]) => (...operands: Code[]) =>
      instruction(result, operands, opcode),
  );
  rows(
    LOADS as Record<string, readonly [number, ValueType, number]>,
    ([opcode, result, align]) => (address: Code, offset = 0) =>
      instruction(
        result,
        [address],
        opcode,
        (out) => memoryImmediates(out, align, offset),
      ),
  );
  rows(
    STORES as Record<string, readonly [number, ValueType, number]>,
    ([opcode, , align]) => (address: Code, value: Code, offset = 0) =>
      instruction(
        "none",
        [address, value],
        opcode,
        (out) => memoryImmediates(out, align, offset),
      ),
  );
  rows(
    EXTRACTS as Record<string, readonly [number, ValueType]>,
    ([opcode, result]) => (vector: Code, lane: number) =>
      instruction(result, [vector], opcode, (out) => out.push(lane)),
  );
  rows(
    REPLACES as Record<string, readonly [number, ValueType]>,
    ([opcode]) => (vector: Code, lane: number, value: Code) =>
      instruction("v128", [vector, value], opcode, (out) => out.push(lane)),
  );
  const lanes =
    (type: "v128" | "none") =>
    ([opcode, align]: readonly [number, number]) =>
    (address: Code, vector: Code, lane: number, offset = 0) =>
      instruction(type, [address, vector], opcode, (out) => {
        memoryImmediates(out, align, offset);
        out.push(lane);
      });
  rows(
    LANE_LOADS as Record<string, readonly [number, number]>,
    lanes("v128"),
  );
  rows(
    LANE_STORES as Record<string, readonly [number, number]>,
    lanes("none"),
  );
  return made as Namespace<N>;
}

/** A constant of any value type. */
function constant<T extends ValueType>(
  type: T,
  opcode: number,
  write: (out: number[]) => void,
): Code<T> {
  return instruction(type, [], opcode, write);
}

/** 32-bit integer instructions. */
export const i32: Namespace<"i32"> & {
  readonly const: (value: number) => Code<"i32">;
} = {
  ...namespace("i32"),
  const: (value) => constant("i32", 0x41, (out) => writeSigned(out, value | 0)),
};

/** 64-bit integer instructions. */
export const i64: Namespace<"i64"> & {
  readonly const: (value: bigint) => Code<"i64">;
} = {
  ...namespace("i64"),
  const: (value) =>
    constant(
      "i64",
      0x42,
      (out) => writeSigned64(out, BigInt.asIntN(64, value)),
    ),
};

/** 32-bit floating point instructions. */
export const f32: Namespace<"f32"> & {
  readonly const: (value: number) => Code<"f32">;
} = {
  ...namespace("f32"),
  const: (value) =>
    constant("f32", 0x43, (out) => {
      scratch.setFloat32(0, value, true);
      writeScratch(out, 4);
    }),
};

/** 64-bit floating point instructions. */
export const f64: Namespace<"f64"> & {
  readonly const: (value: number) => Code<"f64">;
} = {
  ...namespace("f64"),
  const: (value) =>
    constant("f64", 0x44, (out) => {
      scratch.setFloat64(0, value, true);
      writeScratch(out, 8);
    }),
};

function vectorConstant(fill: () => void): Code<"v128"> {
  return constant("v128", VECTOR | 0x0c, (out) => {
    fill();
    writeScratch(out, 16);
  });
}

/** Vector instructions that no lane type belongs to. */
export const v128: Namespace<"v128"> = namespace("v128");

/** Instructions on sixteen 8-bit lanes. */
export const i8x16: Namespace<"i8x16"> & {
  /** Takes bytes 0–15 of `a` and 16–31 of `b` in the order of `lanes`. */
  readonly shuffle: (
    a: Code<"v128">,
    b: Code<"v128">,
    lanes: readonly number[],
  ) => Code<"v128">;
} = {
  ...namespace("i8x16"),
  shuffle: (a, b, lanes) =>
    instruction("v128", [a, b], VECTOR | 0x0d, (out) => out.push(...lanes)),
};

/** Instructions on eight 16-bit lanes. */
export const i16x8: Namespace<"i16x8"> = namespace("i16x8");

/** Instructions on four 32-bit integer lanes. */
export const i32x4: Namespace<"i32x4"> & {
  readonly const: (a: number, b?: number, c?: number, d?: number) => Code<
    "v128"
  >;
  /** Takes lanes 0–3 of `a` and 4–7 of `b` in the order of `lanes`. */
  readonly shuffle: (
    a: Code<"v128">,
    b: Code<"v128">,
    lanes: readonly number[],
  ) => Code<"v128">;
} = {
  ...namespace("i32x4"),
  const: (a, b = a, c = a, d = a) =>
    vectorConstant(() =>
      [a, b, c, d].forEach((lane, i) => scratch.setInt32(4 * i, lane, true))
    ),
  shuffle: (a, b, lanes) =>
    i8x16.shuffle(
      a,
      b,
      lanes.flatMap((l) => [4 * l, 4 * l + 1, 4 * l + 2, 4 * l + 3]),
    ),
};

/** Instructions on two 64-bit integer lanes. */
export const i64x2: Namespace<"i64x2"> = namespace("i64x2");

/** Instructions on four 32-bit floating point lanes. */
export const f32x4: Namespace<"f32x4"> & {
  readonly const: (value: number) => Code<"v128">;
} = {
  ...namespace("f32x4"),
  const: (value) =>
    vectorConstant(() => {
      for (let i = 0; i < 4; i++) scratch.setFloat32(4 * i, value, true);
    }),
};

/** Instructions on two 64-bit floating point lanes. */
export const f64x2: Namespace<"f64x2"> & {
  readonly const: (value: number) => Code<"v128">;
} = {
  ...namespace("f64x2"),
  const: (value) =>
    vectorConstant(() => {
      for (let i = 0; i < 2; i++) scratch.setFloat64(8 * i, value, true);
    }),
};

/** `condition ? yes : no`, both evaluated. */
export function select<T extends ValueType>(
  condition: Code<"i32">,
  yes: Code<T>,
  no: Code<T>,
): Code<T> {
  const typed = yes.type === "v128";
  return instruction(
    yes.type,
    [yes, no, condition],
    typed ? 0x1c : 0x1b,
    typed ? (out) => out.push(1, VALUE_TYPES.v128) : undefined,
  );
}

/** Copies bytes within the memory; the ranges may overlap. */
export function memoryCopy(
  to: Code<"i32">,
  from: Code<"i32">,
  bytes: Code<"i32">,
): Code<"none"> {
  return instruction(
    "none",
    [to, from, bytes],
    MISC | 0x0a,
    (out) => out.push(0, 0),
  );
}

/** Fills bytes of the memory with the low byte of `value`. */
export function memoryFill(
  to: Code<"i32">,
  value: Code<"i32">,
  bytes: Code<"i32">,
): Code<"none"> {
  return instruction(
    "none",
    [to, value, bytes],
    MISC | 0x0b,
    (out) => out.push(0),
  );
}
