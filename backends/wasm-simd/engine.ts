/**
 * Compiles WebAssembly modules that share one memory, and runs them.
 *
 * @module
 */

import { type DType, OutOfMemoryError } from "@tenfold/core";
import {
  DTYPES,
  type Expr,
  SCALAR_FUNCTIONS,
  type ScalarFunction,
  topological,
} from "@tenfold/core/backend";
import { ARGUMENTS, HEAP } from "./addresses.ts";
import { Allocator, type Block } from "./allocator.ts";
import { type Func, ModuleBuilder } from "./assembler.ts";
import type { Features } from "./features.ts";
import type { LinearMemory } from "./memory.ts";
import type { Threading } from "./parts.ts";
import type { ThreadPool } from "./threads/pool.ts";
import { FORMS } from "./values.ts";

/**
 * An exported function: runs the part `[begin, end)` of a call's work. The
 * number of the thread chooses its workspace.
 */
export type Entry = (
  args: number,
  begin: number,
  end: number,
  thread: number,
) => void;

/** A compiled module. */
export interface Program {
  /** Its functions. */
  readonly exports: Readonly<Record<string, Entry>>;
  /** Their names, in order. */
  readonly names: readonly string[];
  /** The module, from which threads compile their own instance. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether threads have all the functions that it imports. */
  readonly portable: boolean;
}

type DoubleFunction = (...operands: number[]) => number;

/** Scalar functions of JavaScript as modules import them: on float64. */
function functionImports(): Record<string, DoubleFunction> {
  const imports: Record<string, DoubleFunction> = {};
  for (const [name, facts] of Object.entries(SCALAR_FUNCTIONS)) {
    const evaluate = facts.evaluate as (
      dtype: DType,
      ...operands: number[]
    ) => number;
    imports[name] = facts.arity === 1
      ? (x) => evaluate("float64", x!)
      : (x, y) => evaluate("float64", x!, y!);
  }
  return imports;
}

/** A module under construction, with the imported functions it may call. */
export interface Draft {
  /** Names of the imported functions. */
  readonly imports: readonly ScalarFunction[];
  /** The module. */
  readonly module: ModuleBuilder;
  /** An imported scalar function; it was announced to {@linkcode draft}. */
  readonly imported: (name: ScalarFunction) => Func;
}

/** Memory that kernels work in. */
interface Room {
  pointer: number;
  bytes: number;
}

/** The memory, the features, and what modules import. */
export class Engine {
  /** The memory. */
  readonly memory: LinearMemory;
  /** What divides it. */
  readonly allocator: Allocator;
  /** Whether to use fused multiply-add. */
  readonly fused: boolean;
  /** Number of threads, including the calling one. */
  readonly threads: number;
  #pool: ThreadPool | null = null;
  readonly #env: WebAssembly.ModuleImports;
  readonly #work: Room = { pointer: 0, bytes: 0 };
  readonly #shared: Room = { pointer: 0, bytes: 0 };

  /**
   * Works on a memory.
   *
   * @param features The features of the engine's WebAssembly.
   * @param memory The memory to work on.
   * @param threads The number of threads; more than one need a memory
   * that is shared.
   */
  constructor(features: Features, memory: LinearMemory, threads = 1) {
    this.fused = features.fusedMultiplyAdd;
    this.memory = memory;
    this.allocator = new Allocator(memory, HEAP);
    this.threads = threads;
    this.#env = { ...functionImports(), memory: memory.memory };
  }

  /** The threads, where there are several and what runs them is loaded. */
  get pool(): ThreadPool | null {
    return this.#pool;
  }

  /** Has threads take part, where there are several. */
  start({ ThreadPool }: Threading): void {
    if (this.threads > 1) this.#pool ??= new ThreadPool(this, this.threads);
  }

  /**
   * Memory for some elements.
   *
   * @param dtype The dtype of the elements.
   * @param size The number of elements.
   * @throws {OutOfMemoryError} If there is not enough memory.
   */
  allocate(dtype: DType, size: number): Block {
    const bytes = size * DTYPES[dtype].bytes;
    const block = this.allocator.allocate(bytes);
    if (block === null) {
      const { held, possible } = this.allocator;
      throw new OutOfMemoryError(
        `Cannot allocate ${bytes} bytes (${size} elements of ${dtype}) on wasm-simd: ${held} bytes are held and ${possible} are possible in all`,
      );
    }
    block.dtype = dtype;
    return block;
  }

  /** The address of so many bytes for each thread that a kernel works in. */
  work(bytes: number): number {
    return this.#grow(this.#work, bytes * this.threads);
  }

  /** The address of so many bytes that threads share while a kernel runs. */
  shared(bytes: number): number {
    return this.#grow(this.#shared, bytes);
  }

  /** Earlier ones stay, for sequences and compiled addresses. */
  #grow(room: Room, least: number): number {
    if (least > room.bytes) {
      const bytes = 2 ** Math.ceil(Math.log2(least));
      room.pointer = this.allocate("bool", bytes).pointer;
      room.bytes = bytes;
    }
    return room.pointer;
  }

  /**
   * Begins a module.
   *
   * @param imports The scalar functions that it calls.
   */
  draft(imports: Iterable<ScalarFunction> = []): Draft {
    const module = new ModuleBuilder();
    module.importMemory(this.memory.type);
    const functions = new Map<ScalarFunction, Func>();
    for (const name of imports) {
      const parameters = SCALAR_FUNCTIONS[name].arity === 1
        ? ["f64"] as const
        : ["f64", "f64"] as const;
      functions.set(name, module.importFunction(name, parameters, "f64"));
    }
    return {
      imports: [...functions.keys()],
      module,
      imported: (name) => functions.get(name)!,
    };
  }

  /**
   * Compiles a module.
   *
   * @param draft The finished module.
   */
  finish({ module, imports }: Draft): Program {
    const bytes = module.encode();
    const compiled = new WebAssembly.Module(bytes);
    const { exports } = new WebAssembly.Instance(compiled, { env: this.#env });
    return {
      exports: exports as unknown as Record<string, Entry>,
      names: WebAssembly.Module.exports(compiled).map(({ name }) => name),
      bytes,
      portable: imports.every((name) => FALLBACKS.has(name)),
    };
  }

  /** The functions of a module that also imports these. */
  instantiate(
    module: ModuleBuilder,
    imports: WebAssembly.ModuleImports,
  ): WebAssembly.Exports {
    const compiled = new WebAssembly.Module(module.encode());
    const env = { ...this.#env, ...imports };
    return new WebAssembly.Instance(compiled, { env }).exports;
  }

  /**
   * Runs a function of a program on everything from 0 to `size`; the
   * arguments are written already.
   *
   * @param program The program.
   * @param entry The name of the function.
   * @param size The size of the loop that is divided.
   * @param grain Parts for threads are multiples of this.
   * @param nanoseconds An estimate of the time on one thread.
   */
  run(
    program: Program,
    entry: string,
    size: number,
    grain: number,
    nanoseconds: number,
  ): void {
    if (
      this.#pool !== null && size > grain && program.portable &&
      this.#pool.takes(nanoseconds)
    ) this.#pool.run(program, entry, ARGUMENTS, size, grain);
    else program.exports[entry]!(ARGUMENTS, 0, size, 0);
  }
}

/** Functions that vector code on float32 leaves to JavaScript at times. */
const FALLBACKS: ReadonlySet<ScalarFunction> = new Set<ScalarFunction>([
  "sin",
  "cos",
  "tan",
  "remainder",
]);

/** Functions on float64 that WebAssembly has instructions for. */
const NATIVE_64: ReadonlySet<ScalarFunction> = new Set<ScalarFunction>([
  ...["add", "sub", "mul", "div", "max", "min", "neg", "abs", "sign"] as const,
  ...["floor", "ceil", "round", "trunc", "sqrt", "rsqrt"] as const,
  ...["reciprocal", "eq", "ne", "lt", "le", "gt", "ge"] as const,
  ...["isNan", "isFinite", "select"] as const,
]);

/** The imports that the code of these expressions calls. */
export function importsOf(roots: readonly Expr[]): Set<ScalarFunction> {
  const names = new Set<ScalarFunction>();
  for (const node of topological(roots)) {
    if (node.kind !== "call") continue;
    const { lanes } = FORMS[node.args[node.args.length - 1]!.dtype];
    if (
      (lanes === "f32" && FALLBACKS.has(node.fn)) ||
      (lanes === "f64" && !NATIVE_64.has(node.fn))
    ) names.add(node.fn);
  }
  return names;
}

/** The binary logarithm of the bytes that an element takes. */
export function shiftOf(dtype: DType): number {
  return Math.log2(DTYPES[dtype].bytes);
}
