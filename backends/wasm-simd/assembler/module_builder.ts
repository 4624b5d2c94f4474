/**
 * Modules: imports, functions, exports.
 *
 * @module
 */

import {
  type Code,
  localOf,
  type ResultType,
  VALUE_TYPES,
  type ValueType,
  writeText,
  writeUnsigned,
} from "./encoding.ts";
import {
  type Func,
  FunctionBuilder,
  type LocalsOf,
} from "./function_builder.ts";

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
