/**
 * Pickles of Python, read as data. Names of classes and functions stay names:
 * what a pickle asks to call is handed to the caller, who knows a few by heart,
 * and nothing else is ever called. Protocols 2 to 5, the binary opcodes that
 * `torch.save` writes; Python, "Lib/pickletools.py".
 *
 * @module
 */
import type { DataFormatError } from "../errors.ts";

/** A name in a module of Python, such as `torch.FloatStorage`. */
export class Global {
  constructor(readonly name: string) {}
}

/** A dictionary of Python. */
export class Dict {
  readonly entries: Map<unknown, unknown> = new Map();
}

/** Something that only code could make: it is passed over. */
export class Inert {}

/** What the pickle asks its reader for. */
export interface PickleHost {
  /** A name of a function, a class or a constant: a value, or {@link Inert}. */
  global(name: string): unknown;
  /** The result of a call, of a function or a class that is known. */
  call(name: string, args: readonly unknown[]): unknown;
  /** Data that lies outside the pickle. */
  persistent(id: unknown): unknown;
  /** The file says why it is not sound. */
  fail(why: string): DataFormatError;
}

/** Integers as numbers where those hold them. */
function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The value that a pickle describes. */
export function readPickle(bytes: Uint8Array, host: PickleHost): unknown {
  return new Machine(bytes, host).run();
}

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #host: PickleHost;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #at = 0;

  constructor(bytes: Uint8Array, host: PickleHost) {
    this.#bytes = bytes;
    this.#view = new DataView(
      bytes.buffer,
      bytes.byteOffset,
      bytes.byteLength,
    );
    this.#host = host;
  }

  run(): unknown {
    while (true) {
      const at = this.#at;
      const code = this.#bytes[this.#take(1)]!;
      if (code === 0x2e) return this.#pop(); // STOP
      if (!this.#data(code) && !this.#act(code)) {
        throw this.#host.fail(
          `its pickle has an unknown opcode: got 0x${
            code.toString(16).padStart(2, "0")
          } at byte ${at}`,
        );
      }
    }
  }

  /** The place of the next bytes, which are there. */
  #take(length: number): number {
    const at = this.#at;
    if (!(at + length <= this.#bytes.length)) {
      throw this.#host.fail(`its pickle is cut short at byte ${at}`);
    }
    this.#at += length;
    return at;
  }

  #uint8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  #uint64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  #raw(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  #text(length: number): string {
    return this.#decoder.decode(this.#raw(length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) {
      throw this.#host.fail(`its pickle is cut short at byte ${this.#at}`);
    }
    return this.#text(end + 1 - this.#at).slice(0, -1);
  }

  /** A little-endian integer in two's complement. */
  #long(length: number): number | bigint {
    const bytes = this.#raw(length);
    if (length === 0) return 0;
    let digits = "";
    for (let i = length - 1; i >= 0; i--) {
      digits += bytes[i]!.toString(16).padStart(2, "0");
    }
    return integer(BigInt.asIntN(8 * length, BigInt(`0x${digits}`)));
  }

  #damaged(): never {
    throw this.#host.fail(
      `its pickle is damaged: the operand of the opcode before byte ${this.#at} is missing or of another kind`,
    );
  }

  #pop(): unknown {
    const floor = this.#marks.at(-1) ?? 0;
    if (this.#stack.length <= floor) this.#damaged();
    return this.#stack.pop();
  }

  #top(): unknown {
    const value = this.#pop();
    this.#stack.push(value);
    return value;
  }

  #popMark(): unknown[] {
    const mark = this.#marks.pop() ?? this.#damaged();
    return this.#stack.splice(mark);
  }

  #tuple(length: number): unknown[] {
    const items: unknown[] = new Array(length);
    for (let i = length - 1; i >= 0; i--) items[i] = this.#pop();
    return items;
  }

  /** Opcodes that push a value of their own. True where this is one. */
  #data(code: number): boolean {
    switch (code) {
      case 0x4e: // NONE
        this.#stack.push(null);
        return true;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        this.#stack.push(code === 0x88);
        return true;
      case 0x4a: // BININT
        this.#stack.push(this.#view.getInt32(this.#take(4), true));
        return true;
      case 0x4b: // BININT1
        this.#stack.push(this.#uint8());
        return true;
      case 0x4d: // BININT2
        this.#stack.push(this.#view.getUint16(this.#take(2), true));
        return true;
      case 0x8a: // LONG1
        this.#stack.push(this.#long(this.#uint8()));
        return true;
      case 0x8b: // LONG4
        this.#stack.push(this.#long(this.#uint32()));
        return true;
      case 0x47: // BINFLOAT
        this.#stack.push(this.#view.getFloat64(this.#take(8), false));
        return true;
      case 0x58: // BINUNICODE
        this.#stack.push(this.#text(this.#uint32()));
        return true;
      case 0x8c: // SHORT_BINUNICODE
        this.#stack.push(this.#text(this.#uint8()));
        return true;
      case 0x8d: // BINUNICODE8
        this.#stack.push(this.#text(this.#uint64()));
        return true;
      case 0x42: // BINBYTES
        this.#stack.push(this.#raw(this.#uint32()).slice());
        return true;
      case 0x43: // SHORT_BINBYTES
        this.#stack.push(this.#raw(this.#uint8()).slice());
        return true;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        this.#stack.push(this.#raw(this.#uint64()).slice());
        return true;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        this.#stack.push([]);
        return true;
      case 0x7d: // EMPTY_DICT
        this.#stack.push(new Dict());
        return true;
      case 0x8f: // EMPTY_SET
        this.#stack.push(new Set());
        return true;
    }
    return false;
  }

  /** Opcodes that work on what was pushed. True where this is one. */
  #act(code: number): boolean {
    switch (code) {
      case 0x80: { // PROTO
        const version = this.#uint8();
        if (version >= 2 && version <= 5) return true;
        throw this.#host.fail(
          `its pickle is of protocol ${version}: expected 2 to 5`,
        );
      }
      case 0x95: // FRAME
        this.#take(8);
        return true;
      case 0x28: // MARK
        this.#marks.push(this.#stack.length);
        return true;
      case 0x30: // POP
        if (this.#stack.length === this.#marks.at(-1)) this.#marks.pop();
        else this.#pop();
        return true;
      case 0x31: // POP_MARK
        this.#popMark();
        return true;
      case 0x32: // DUP
        this.#stack.push(this.#top());
        return true;
      case 0x71: // BINPUT
        this.#memo.set(this.#uint8(), this.#top());
        return true;
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#uint32(), this.#top());
        return true;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return true;
      case 0x68: // BINGET
        this.#recall(this.#uint8());
        return true;
      case 0x6a: // LONG_BINGET
        this.#recall(this.#uint32());
        return true;
      case 0x74: // TUPLE
        this.#stack.push(this.#popMark());
        return true;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#stack.push(this.#tuple(code - 0x84));
        return true;
      case 0x61: // APPEND
        this.#append([this.#pop()]);
        return true;
      case 0x65: // APPENDS
        this.#append(this.#popMark());
        return true;
      case 0x73: // SETITEM
        this.#setItems(this.#tuple(2));
        return true;
      case 0x75: // SETITEMS
        this.#setItems(this.#popMark());
        return true;
      case 0x90: // ADDITEMS
        this.#addItems(this.#popMark());
        return true;
      case 0x91: // FROZENSET
        this.#stack.push(new Set(this.#popMark()));
        return true;
      case 0x63: // GLOBAL
        this.#stack.push(this.#host.global(`${this.#line()}.${this.#line()}`));
        return true;
      case 0x93: { // STACK_GLOBAL
        const [module, name] = this.#tuple(2);
        if (typeof module !== "string" || typeof name !== "string") {
          this.#damaged();
        }
        this.#stack.push(this.#host.global(`${module}.${name}`));
        return true;
      }
      case 0x52: // REDUCE
      case 0x81: { // NEWOBJ
        const args = this.#pop();
        this.#call(this.#pop(), args);
        return true;
      }
      case 0x92: { // NEWOBJ_EX
        const [callee, args] = this.#tuple(3);
        this.#call(callee, args);
        return true;
      }
      case 0x62: // BUILD: attributes, which data has none of
        this.#pop();
        this.#top();
        return true;
      case 0x51: // BINPERSID
        this.#stack.push(this.#host.persistent(this.#pop()));
        return true;
    }
    return false;
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) this.#damaged();
    this.#stack.push(value);
  }

  #append(items: readonly unknown[]): void {
    const list = this.#top();
    if (list instanceof Inert) return;
    if (!Array.isArray(list)) this.#damaged();
    for (const item of items) list.push(item);
  }

  #setItems(items: readonly unknown[]): void {
    const dict = this.#top();
    if (items.length % 2 !== 0) this.#damaged();
    if (dict instanceof Inert) return;
    if (!(dict instanceof Dict)) this.#damaged();
    for (let i = 0; i < items.length; i += 2) {
      dict.entries.set(items[i], items[i + 1]);
    }
  }

  #addItems(items: readonly unknown[]): void {
    const set = this.#top();
    if (set instanceof Inert) return;
    if (!(set instanceof Set)) this.#damaged();
    for (const item of items) set.add(item);
  }

  #call(callee: unknown, args: unknown): void {
    if (!Array.isArray(args)) this.#damaged();
    if (callee instanceof Inert) this.#stack.push(callee);
    else if (callee instanceof Global) {
      this.#stack.push(this.#host.call(callee.name, args));
    } else this.#damaged();
  }
}
