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
  LANES,
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

/** The functions of a signature, one for each name. */
type Plain<S extends string, Names> = S extends `${infer O} > ${infer R}` ? {
    readonly [N in keyof Names]: (
      ...operands: Operands<O>
    ) => Code<R & ValueType>;
  }
  : never;

/** What a table has for a namespace, or nothing. */
type Rows<T, N> = N extends keyof T ? T[N] : Record<never, never>;

/** The members of all types of a union. */
type All<U> = (U extends unknown ? (member: U) => void : never) extends
  (member: infer A) => void ? A : never;

type Lane<N extends keyof typeof LANES> = (typeof LANES)[N];

type Namespace<N extends keyof typeof LANES> =
  & All<
    {
      [S in keyof (typeof PLAIN)[N]]: Plain<S & string, (typeof PLAIN)[N][S]>;
    }[keyof (typeof PLAIN)[N]]
  >
  & {
    readonly [K in keyof Rows<typeof LOADS, N>]: (
      address: Code<"i32">,
      offset?: number,
    ) => Code<Lane<N>>;
  }
  & {
    readonly [K in keyof Rows<typeof STORES, N>]: (
      address: Code<"i32">,
      value: Code<Lane<N>>,
      offset?: number,
    ) => Code<"none">;
  }
  & {
    readonly [K in keyof Rows<typeof EXTRACTS, N>]: (
      vector: Code<"v128">,
      lane: number,
    ) => Code<Lane<N>>;
  }
  & {
    readonly [K in keyof Rows<typeof REPLACES, N>]: (
      vector: Code<"v128">,
      lane: number,
      value: Code<Lane<N>>,
    ) => Code<"v128">;
  }
  & {
    readonly [K in keyof Rows<typeof LANE_LOADS, N>]: (
      address: Code<"i32">,
      vector: Code<"v128">,
      lane: number,
      offset?: number,
    ) => Code<"v128">;
  }
  & {
    readonly [K in keyof Rows<typeof LANE_STORES, N>]: (
      address: Code<"i32">,
      vector: Code<"v128">,
      lane: number,
      offset?: number,
    ) => Code<"none">;
  };

/** `add(...)` of `i32`, by the text format's name `"i32.add"`. */
function namespace<N extends keyof typeof LANES>(name: N): Namespace<N> {
  const made: Record<string, unknown> = {};
  const lane = LANES[name];
  const prefix = /x|v/.test(name) ? VECTOR : 0;
  const rows = <R>(
    table: { readonly [name: string]: { readonly [key: string]: R } },
    make: (row: R) => unknown,
  ): void => {
    for (const [key, row] of Object.entries(table[name] ?? {})) {
      made[key] = make(row);
    }
  };
  const signatures: { readonly [signature: string]: Record<string, number> } =
    PLAIN[name];
  for (const [signature, names] of Object.entries(signatures)) {
    const result = signature.split(" > ")[1] as ValueType;
    for (const [key, opcode] of Object.entries(names)) {
      made[key] = (...operands: Code[]) =>
        instruction(result, operands, prefix | opcode);
    }
  }
  rows<readonly [number, number]>(
    LOADS,
    ([opcode, align]) => (address: Code, offset = 0) =>
      instruction(
        lane,
        [address],
        prefix | opcode,
        (out) => memoryImmediates(out, align, offset),
      ),
  );
  rows<readonly [number, number]>(
    STORES,
    ([opcode, align]) => (address: Code, value: Code, offset = 0) =>
      instruction(
        "none",
        [address, value],
        prefix | opcode,
        (out) => memoryImmediates(out, align, offset),
      ),
  );
  rows<number>(
    EXTRACTS,
    (opcode) => (vector: Code, at: number) =>
      instruction(lane, [vector], prefix | opcode, (out) => out.push(at)),
  );
  rows<number>(
    REPLACES,
    (opcode) => (vector: Code, at: number, value: Code) =>
      instruction(
        "v128",
        [vector, value],
        prefix | opcode,
        (out) => out.push(at),
      ),
  );
  const lanes =
    (type: "v128" | "none") =>
    ([opcode, align]: readonly [number, number]) =>
    (address: Code, vector: Code, at: number, offset = 0) =>
      instruction(type, [address, vector], prefix | opcode, (out) => {
        memoryImmediates(out, align, offset);
        out.push(at);
      });
  rows<readonly [number, number]>(LANE_LOADS, lanes("v128"));
  rows<readonly [number, number]>(LANE_STORES, lanes("none"));
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
