/**
 * Functions: locals, statements and structured control.
 *
 * @module
 */

import {
  type Code,
  type Label,
  type Local,
  localOf,
  NO_RESULT,
  type ResultType,
  VALUE_TYPES,
  type ValueType,
  writeUnsigned,
} from "./encoding.ts";
import { f32x4, i32, i32x4 } from "./instructions.ts";
import type { ModuleBuilder } from "./module_builder.ts";

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

/** Code of each type. */
export type CodeOf<P extends readonly ValueType[]> = {
  -readonly [K in keyof P]: Code<P[K]>;
};
/** A local of each type. */
export type LocalsOf<P extends readonly ValueType[]> = {
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
  /** Where statements end that are to take turns, and how deep these stand. */
  #ends: number[] | null = null;
  #level = 0;

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
    this.#end();
  }

  /** Ends a statement. */
  #end(): void {
    if (this.#depth === this.#level) this.#ends?.push(this.#code.length);
  }

  /**
   * The statements of several bodies in turns: the first of each, then the second
   * of each. What has a body of its own is one statement.
   */
  interleave(bodies: readonly (() => void)[]): void {
    const [code, ends, level] = [this.#code, this.#ends, this.#level];
    this.#level = this.#depth;
    const lists = bodies.map((body) => {
      this.#code = [];
      this.#ends = [];
      body();
      let from = 0;
      return this.#ends.map((to) => this.#code.slice(from, from = to));
    });
    [this.#code, this.#ends, this.#level] = [code, ends, level];
    for (let i = 0; lists.some((list) => i < list.length); i++) {
      for (const list of lists) {
        if (i < list.length) this.#code.push(...list[i]!);
      }
    }
    this.#end();
  }

  /** `local += amount`. */
  increase(local: Local<"i32">, amount: Code<"i32"> | number): void {
    const by = typeof amount === "number" ? i32.const(amount) : amount;
    this.set(local, i32.add(local, by));
  }

  /** Code that leaves nothing: a store, a call. */
  do(code: Code<"none">): void {
    code.emit(this.#code);
    this.#end();
  }

  /** Evaluates code and drops its value. */
  drop(code: Code<ValueType>): void {
    code.emit(this.#code);
    this.#code.push(0x1a);
    this.#end();
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
    this.#end();
  }

  /** Branches to a label. */
  branch(label: Label): void {
    this.#code.push(0x0c);
    writeUnsigned(this.#code, this.#depth - label.depth);
    this.#end();
  }

  /** Branches to a label if the condition holds. */
  branchIf(label: Label, condition: Code<"i32">): void {
    condition.emit(this.#code);
    this.#code.push(0x0d);
    writeUnsigned(this.#code, this.#depth - label.depth);
    this.#end();
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
    this.#end();
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
