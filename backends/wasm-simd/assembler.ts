/**
 * A small typed assembler: WebAssembly modules written as TypeScript
 * expressions and encoded at run time, with no build step and no binary.
 *
 * Instructions are functions that take and give {@linkcode Code}, a piece of
 * code whose type is the type of the value it leaves, so that TypeScript
 * checks the operands: `i32.add(x, i32.const(1))`. Statements are methods of
 * a {@linkcode FunctionBuilder}.
 *
 * @example Add two vectors
 * ```ts ignore
 * const module = new ModuleBuilder();
 * module.importMemory({ shared: false, minimum: 1, maximum: 65536 });
 * module.func("add", ["i32", "i32"], "none", (f, x, y) => {
 *   f.do(v128.store(x, f32x4.add(v128.load(x), v128.load(y))));
 * });
 * new WebAssembly.Instance(compile(module), { env: { memory } });
 * ```
 *
 * @module
 */

import {
  ATOMIC,
  EXTRACTS,
  LANE_LOADS,
  LANE_STORES,
  LOADS,
  MISC,
  PLAIN,
  REPLACES,
  STORES,
  VECTOR,
} from "./_opcodes.ts";

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

const VALUE_TYPES: Record<ValueType, number> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};
const NO_RESULT = 0x40;

// Numbers -------------------------------------------------------------------

/** Appends an unsigned LEB128 number. */
export function writeUnsigned(out: number[], value: number): void {
  while (value > 0x7f) {
    out.push((value % 128) | 0x80);
    value = Math.floor(value / 128);
  }
  out.push(value);
}

/** Appends a signed LEB128 number. */
export function writeSigned(out: number[], value: number | bigint): void {
  let rest = BigInt(value);
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

const scratch = new DataView(new ArrayBuffer(16));

function writeScratch(out: number[], bytes: number): void {
  for (let i = 0; i < bytes; i++) out.push(scratch.getUint8(i));
}

function writeOpcode(out: number[], opcode: number): void {
  const prefix = opcode >>> 16;
  if (prefix !== 0) out.push(prefix);
  writeUnsigned(out, opcode & 0xffff);
}

function writeText(out: number[], text: string): void {
  const bytes = new TextEncoder().encode(text);
  writeUnsigned(out, bytes.length);
  out.push(...bytes);
}

// Instructions --------------------------------------------------------------

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
    constant("i64", 0x42, (out) => writeSigned(out, BigInt.asIntN(64, value))),
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

/** Adds to a 32-bit number in shared memory; leaves what it was before. */
export function atomicAdd(
  address: Code<"i32">,
  value: Code<"i32">,
): Code<"i32"> {
  return instruction(
    "i32",
    [address, value],
    ATOMIC | 0x1e,
    (out) => memoryImmediates(out, 2, 0),
  );
}

// Functions -----------------------------------------------------------------

/** A function of a module: imported or defined. */
export interface Func<
  P extends readonly ValueType[] = readonly ValueType[],
  R extends ResultType = ResultType,
> {
  /** Its number within the module. */
  readonly index: number;
  /** Code that calls it. */
  call(...operands: CodeOf<P>): Code<R>;
}

type CodeOf<P extends readonly ValueType[]> = {
  -readonly [K in keyof P]: Code<P[K]>;
};
type LocalsOf<P extends readonly ValueType[]> = {
  -readonly [K in keyof P]: Local<P[K]>;
};

/** The body of one function: locals, statements, structured control. */
export class FunctionBuilder {
  /** The module that the function belongs to. */
  readonly module: ModuleBuilder;
  readonly #parameters: number;
  readonly #locals: ValueType[] = [];
  readonly #prologue: number[] = [];
  readonly #constants: Map<string, Local> = new Map();
  #code: number[] = [];
  #depth = 0;

  constructor(module: ModuleBuilder, parameters: number) {
    this.module = module;
    this.#parameters = parameters;
  }

  /** A new local variable, zero at the start of the function. */
  local<T extends ValueType>(type: T): Local<T> {
    const index = this.#parameters + this.#locals.push(type) - 1;
    return localOf(type, index);
  }

  /** Evaluates code once, here, and gives the local that holds the value. */
  let<T extends ValueType>(value: Code<T>): Local<T> {
    const local = this.local(value.type);
    this.set(local, value);
    return local;
  }

  /** Assigns a local. */
  set<T extends ValueType>(local: Local<T>, value: Code<T>): void {
    value.emit(this.#code);
    this.#code.push(0x21);
    writeUnsigned(this.#code, local.index);
  }

  /** `local += amount`. */
  increase(local: Local<"i32">, amount: Code<"i32"> | number): void {
    const by = typeof amount === "number" ? i32.const(amount) : amount;
    this.set(local, i32.add(local, by));
  }

  /** Code that leaves nothing: a store, a call. */
  do(code: Code<"none">): void {
    code.emit(this.#code);
  }

  /** Evaluates code and drops its value. */
  drop(code: Code<ValueType>): void {
    code.emit(this.#code);
    this.#code.push(0x1a);
  }

  /**
   * A constant, evaluated once at the start of the function however often it
   * is asked for, so that no loop has to make it again.
   */
  hoist<T extends ValueType>(value: Code<T>): Local<T> {
    const bytes: number[] = [];
    value.emit(bytes);
    const key = bytes.join();
    let local = this.#constants.get(key);
    if (local === undefined) {
      local = this.local(value.type);
      this.#constants.set(key, local);
      this.#prologue.push(...bytes, 0x21);
      writeUnsigned(this.#prologue, local.index);
    }
    return local as Local<T>;
  }

  /** A hoisted vector of four equal floats. */
  f32x4(value: number): Local<"v128"> {
    return this.hoist(f32x4.const(value));
  }

  /** A hoisted vector of four equal integers. */
  i32x4(value: number): Local<"v128"> {
    return this.hoist(i32x4.const(value));
  }

  /** A block; a branch to its label leaves it. */
  block(body: (label: Label) => void): void {
    this.#open(0x02, body);
  }

  /** A loop; a branch to its label begins the next round. */
  loop(body: (label: Label) => void): void {
    this.#open(0x03, body);
  }

  #open(opcode: number, body: (label: Label) => void): void {
    this.#code.push(opcode, NO_RESULT);
    this.#depth++;
    body({ depth: this.#depth });
    this.#depth--;
    this.#code.push(0x0b);
  }

  /** Goes to a label. */
  branch(label: Label): void {
    this.#code.push(0x0c);
    writeUnsigned(this.#code, this.#depth - label.depth);
  }

  /** Goes to a label if the condition holds. */
  branchIf(label: Label, condition: Code<"i32">): void {
    condition.emit(this.#code);
    this.#code.push(0x0d);
    writeUnsigned(this.#code, this.#depth - label.depth);
  }

  /** Runs one of two bodies. */
  if(condition: Code<"i32">, yes: () => void, no?: () => void): void {
    condition.emit(this.#code);
    this.#code.push(0x04, NO_RESULT);
    this.#depth++;
    yes();
    if (no !== undefined) {
      this.#code.push(0x05);
      no();
    }
    this.#depth--;
    this.#code.push(0x0b);
  }

  /** `for (; i < end; i += step) body()`, the signed numbers as they are. */
  for(
    i: Local<"i32">,
    end: Code<"i32">,
    step: Code<"i32"> | number,
    body: () => void,
  ): void {
    this.if(i32.lt_s(i, end), () => {
      this.loop((again) => {
        body();
        this.increase(i, step);
        this.branchIf(again, i32.lt_s(i, end));
      });
    });
  }

  /** Leaves the function with what the code leaves. */
  return(value?: Code): void {
    value?.emit(this.#code);
    this.#code.push(0x0f);
  }

  /** Leaves this value as the result of the function; the last statement. */
  result(value: Code): void {
    value.emit(this.#code);
  }

  /** The encoded body. */
  encode(): number[] {
    const body: number[] = [];
    const runs: [ValueType, number][] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.[0] === type) last[1]++;
      else runs.push([type, 1]);
    }
    writeUnsigned(body, runs.length);
    for (const [type, count] of runs) {
      writeUnsigned(body, count);
      body.push(VALUE_TYPES[type]);
    }
    const all = body.concat(this.#prologue, this.#code);
    all.push(0x0b);
    return all;
  }
}

function localOf<T extends ValueType>(type: T, index: number): Local<T> {
  return {
    type,
    index,
    emit(out) {
      out.push(0x20);
      writeUnsigned(out, index);
    },
  };
}

// Modules -------------------------------------------------------------------

/** What a module says of the memory that it imports. */
export interface MemoryType {
  /** Whether the memory is shared between threads. */
  readonly shared: boolean;
  /**
   * The smallest size in pages of 64 KiB. More than the largest offset of an
   * instruction lets engines check the bounds of an access with one comparison.
   */
  readonly minimum: number;
  /** The largest size in pages. */
  readonly maximum: number;
}

/** Collects imports and functions and encodes them as a module. */
export class ModuleBuilder {
  readonly #types: Map<string, number> = new Map();
  readonly #typeBytes: number[][] = [];
  readonly #imports: number[][] = [];
  readonly #exports: number[][] = [];
  readonly #functionTypes: number[] = [];
  readonly #bodies: (FunctionBuilder | undefined)[] = [];
  readonly #helpers: Map<string, Func> = new Map();
  #importedFunctions = 0;

  /** Imports `env.memory`. */
  importMemory(memory: MemoryType): void {
    const entry: number[] = [];
    writeText(entry, "env");
    writeText(entry, "memory");
    entry.push(0x02, memory.shared ? 0x03 : 0x01);
    writeUnsigned(entry, memory.minimum);
    writeUnsigned(entry, memory.maximum);
    this.#imports.push(entry);
  }

  /**
   * Imports `env.<name>`; imports come before the first function.
   *
   * @throws {Error} If a function was already defined.
   */
  importFunction<
    const P extends readonly ValueType[],
    R extends ResultType,
  >(name: string, parameters: P, result: R): Func<P, R> {
    if (this.#bodies.length > 0) {
      throw new Error(
        `Cannot import function ${name} as functions were already defined`,
      );
    }
    const entry: number[] = [];
    writeText(entry, "env");
    writeText(entry, name);
    entry.push(0x00);
    writeUnsigned(entry, this.#type(parameters, result));
    this.#imports.push(entry);
    return this.#func(this.#importedFunctions++, result);
  }

  /** Defines a function; a name other than `null` exports it. */
  func<const P extends readonly ValueType[], R extends ResultType>(
    name: string | null,
    parameters: P,
    result: R,
    build: (f: FunctionBuilder, ...parameters: LocalsOf<P>) => void,
  ): Func<P, R> {
    const slot = this.#bodies.push(undefined) - 1;
    const index = this.#importedFunctions + slot;
    this.#functionTypes.push(this.#type(parameters, result));
    if (name !== null) {
      const entry: number[] = [];
      writeText(entry, name);
      entry.push(0x00);
      writeUnsigned(entry, index);
      this.#exports.push(entry);
    }
    const builder = new FunctionBuilder(this, parameters.length);
    this.#bodies[slot] = builder;
    build(
      builder,
      ...parameters.map((type, i) => localOf(type, i)) as LocalsOf<P>,
    );
    return this.#func(index, result);
  }

  /** A function that is made the first time that it is asked for. */
  helper<F extends Func>(key: string, make: () => F): F {
    let helper = this.#helpers.get(key);
    if (helper === undefined) {
      helper = make();
      this.#helpers.set(key, helper);
    }
    return helper as F;
  }

  #func<P extends readonly ValueType[], R extends ResultType>(
    index: number,
    result: R,
  ): Func<P, R> {
    return {
      index,
      call: (...operands) => ({
        type: result,
        emit(out) {
          for (const operand of operands as readonly Code[]) operand.emit(out);
          out.push(0x10);
          writeUnsigned(out, index);
        },
      }),
    };
  }

  #type(parameters: readonly ValueType[], result: ResultType): number {
    const key = `${parameters.join()}:${result}`;
    let index = this.#types.get(key);
    if (index === undefined) {
      index = this.#types.size;
      this.#types.set(key, index);
      const results = result === "none" ? [] : [VALUE_TYPES[result]];
      this.#typeBytes.push([
        0x60,
        parameters.length,
        ...parameters.map((type) => VALUE_TYPES[type]),
        results.length,
        ...results,
      ]);
    }
    return index;
  }

  /** The encoded module. */
  encode(): Uint8Array<ArrayBuffer> {
    const out: number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
    const section = (id: number, items: readonly number[][]): void => {
      if (items.length === 0) return;
      const count: number[] = [];
      writeUnsigned(count, items.length);
      const size = items.reduce((sum, item) => sum + item.length, count.length);
      out.push(id);
      writeUnsigned(out, size);
      for (const byte of count) out.push(byte);
      for (const item of items) for (const byte of item) out.push(byte);
    };
    section(1, this.#typeBytes);
    section(2, this.#imports);
    section(
      3,
      this.#functionTypes.map((type) => {
        const entry: number[] = [];
        writeUnsigned(entry, type);
        return entry;
      }),
    );
    section(7, this.#exports);
    section(
      10,
      this.#bodies.map((body) => {
        const code = body!.encode();
        const entry: number[] = [];
        writeUnsigned(entry, code.length);
        return entry.concat(code);
      }),
    );
    return Uint8Array.from(out);
  }
}

/** Compiles a module at once. */
export function compile(module: ModuleBuilder): WebAssembly.Module {
  return new WebAssembly.Module(module.encode());
}
