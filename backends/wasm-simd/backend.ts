/**
 * The backend: memory, and kernels compiled to WebAssembly when they are
 * first asked for.
 *
 * @module
 */

import type { Backend, DType, TypedArray } from "@tenfold/core";
import {
  type Buffer,
  type CallGroup,
  HOST_DTYPES,
  type Kernel,
  type Launch,
  type RepeatedCall,
  type RoutineKernel,
  type RoutineName,
} from "@tenfold/core/backend";
import type { Block } from "./allocator.ts";
import { ArgumentLayout } from "./arguments.ts";
import * as assembler from "./assembler.ts";
import type { DoubleMultiplier } from "./blas/double.ts";
import type { BlasProducts } from "./blas/products.ts";
import type { WindowKernels } from "./convolution/kernels.ts";
import { Engine } from "./engine.ts";
import type { Features } from "./features.ts";
import { launchOf } from "./launch.ts";
import { compileMap } from "./map.ts";
import { Multiplier, prepareMatmul } from "./matmul/matmul.ts";
import type { LinearMemory } from "./memory.ts";
import { Late, type Parts, type Sequences, type Threading } from "./parts.ts";
import { compileReduce } from "./reduce.ts";
import { compileArg } from "./routines/arg.ts";
import { CUMULATIVE } from "./routines/cumulative.ts";
import { compileGather, compileScatter } from "./routines/gather.ts";
import { compileSoftmax } from "./routines/softmax.ts";
import { compileSort } from "./routines/sort.ts";
import type { ThreadPool } from "./threads/pool.ts";

/** Byte counts within one buffer stay below this, so that they are positive. */
const MAX_BUFFER_BYTES = 2 ** 31 - 65536;

/** What compiles the routine of quantised layers, once it is loaded. */
let int8: typeof import("./int8/linear_int8.ts") | undefined;

/** Vectors of WebAssembly on one linear memory. */
export class WasmSimd implements Backend {
  /** Always `"wasm-simd"`. */
  readonly name = "wasm-simd";
  /** Every dtype; float16 where the runtime has `Float16Array`. */
  readonly dtypes: readonly DType[] = HOST_DTYPES;
  /** Settles when threads can start, and it is known whether there is a BLAS. */
  readonly ready: Promise<void> | undefined;
  /** Bytes of its memory, which does not shrink. */
  get reservedBytes(): number {
    return this.#memory.bytes;
  }
  /** 2 GiB, or the maximum size of the memory. */
  readonly maxBufferBytes: number;
  readonly #memory: LinearMemory;
  readonly #engine: Engine;
  #without: string | null;
  #blas: BlasProducts | null = null;
  #noBlas: string | null = null;
  #double: DoubleMultiplier | null = null;
  readonly #windows: Late<WindowKernels>;
  readonly #sequences: Late<Sequences>;
  #disposed = false;
  readonly #multipliers: Map<DType, Multiplier> = new Map();

  /**
   * Creates a backend with a memory of its own.
   *
   * @param features The features of the engine's WebAssembly.
   * @param memory The memory.
   * @param options The number of threads, a notice of missing features, the
   * BLAS to look for, a path or `"auto"`, and the parts that not every program
   * needs, or what loads them. Without these, windows are left to core, nothing
   * is joined, and there is one thread.
   */
  constructor(
    features: Features,
    memory: LinearMemory,
    { threads = 1, notice, blas = null, parts = {} }: {
      threads?: number;
      notice?: string;
      blas?: string | null;
      parts?: Partial<Parts>;
    } = {},
  ) {
    this.#memory = memory;
    this.#engine = new Engine(features, memory, threads);
    this.#without = notice ?? null;
    this.#windows = new Late(parts.windows ?? null);
    this.#sequences = new Late(parts.sequences ?? null);
    this.ready = this.#start(new Late(parts.threading ?? null), blas);
    this.maxBufferBytes = Math.min(
      MAX_BUFFER_BYTES,
      this.#engine.allocator.possible,
    );
  }

  /**
   * Allocates a buffer.
   *
   * @param dtype The dtype of the elements.
   * @param size The number of elements.
   * @returns The buffer.
   * @throws {OutOfMemoryError} If there is not enough memory; nothing has changed
   * then.
   */
  alloc(dtype: DType, size: number): Buffer {
    return this.#engine.allocate(dtype, size);
  }

  /**
   * Frees a buffer.
   *
   * @param buffer A buffer of this backend.
   */
  free(buffer: Buffer): void {
    this.#engine.allocator.free(buffer as Block);
  }

  /**
   * Copies elements into a buffer.
   *
   * @param buffer The buffer to write.
   * @param offset The first element that is written.
   * @param data The elements.
   */
  write(buffer: Buffer, offset: number, data: TypedArray): void {
    const { pointer, dtype } = buffer as Block;
    const view = this.#memory.view(dtype);
    view.set(data, pointer / view.BYTES_PER_ELEMENT + offset);
  }

  /**
   * Reads elements into a new array.
   *
   * @param buffer The buffer to read.
   * @param offset The first element.
   * @param length The number of elements.
   * @returns The elements.
   */
  read(buffer: Buffer, offset: number, length: number): Promise<TypedArray> {
    return Promise.resolve(this.readSync(buffer, offset, length));
  }

  /**
   * Reads elements into a new array, synchronously.
   *
   * @param buffer The buffer to read.
   * @param offset The first element.
   * @param length The number of elements.
   * @returns The elements.
   */
  readSync(buffer: Buffer, offset: number, length: number): TypedArray {
    const { pointer, dtype } = buffer as Block;
    const view = this.#memory.view(dtype);
    const start = pointer / view.BYTES_PER_ELEMENT + offset;
    return view.slice(start, start + length);
  }

  /**
   * Shows elements where they lie, without a copy.
   *
   * @param buffer The buffer.
   * @param offset The first element.
   * @param length The number of elements.
   * @returns A view, until memory is allocated.
   */
  hostView(buffer: Buffer, offset: number, length: number): TypedArray {
    const { pointer, dtype } = buffer as Block;
    const view = this.#memory.view(dtype);
    const start = pointer / view.BYTES_PER_ELEMENT + offset;
    return view.subarray(start, start + length);
  }

  /**
   * Compiles a kernel.
   *
   * @param kernel The kernel.
   * @returns The function that launches it, or `null` for routines that this
   * backend does not have.
   */
  prepare(kernel: Kernel): Launch | null {
    switch (kernel.kind) {
      case "map":
        return compileMap(this.#engine, kernel);
      case "reduce":
        return compileReduce(this.#engine, kernel);
      case "routine":
        return this.#routine(kernel);
    }
  }

  /**
   * Loads convolutions and max pooling, what joins kernels, or the routine of
   * quantised layers.
   */
  async load(routine: RoutineName | "join"): Promise<void> {
    if (routine === "linearInt8") {
      int8 = await import("./int8/linear_int8.ts");
      return;
    }
    const windows = routine === "conv2d" || routine === "maxPool2d";
    const loading = windows
      ? this.#windows.load()
      : routine === "join"
      ? this.#sequences.load()
      : null;
    if (loading !== null) await loading;
  }

  /** Joins kernels that follow one another into one function. */
  join(calls: readonly RepeatedCall[]): readonly CallGroup[] {
    const sequences = this.#sequences.now;
    // Of a backend that was opened without waiting, it may be there later.
    if (sequences === null) void this.load("join").catch(() => {});
    return sequences?.joinCalls(this.#engine, calls) ?? [];
  }

  /** The features that are missing here. */
  get notice(): string | undefined {
    const failure = this.#engine.pool?.failure ?? null;
    const notices = [
      failure === null ? this.#without : `works on one thread as ${failure}`,
      this.#noBlas === null ? null : `works without a BLAS as ${this.#noBlas}`,
    ].filter((notice) => notice !== null);
    return notices.length === 0 ? undefined : notices.join("; ");
  }

  /** The threads, where there are several. */
  get pool(): ThreadPool | null {
    return this.#engine.pool;
  }

  /** The products of the machine's BLAS, where it is used. */
  get blas(): BlasProducts | null {
    return this.#blas;
  }

  /** Ends the threads. The memory is collected when nothing refers to it. */
  dispose(): void {
    this.#disposed = true;
    this.#engine.pool?.dispose();
  }

  /** Starts the threads and looks for a BLAS; a promise where that waits. */
  #start(
    threading: Late<Threading>,
    blas: string | null,
  ): Promise<void> | undefined {
    const { threads } = this.#engine;
    const start = () => {
      if (threading.now !== null && !this.#disposed) {
        this.#engine.start(threading.now);
      }
    };
    const rest = () =>
      blas === null ? undefined : this.#findBlas(blas, threads);
    const loading = threads > 1 ? threading.load() : null;
    start();
    return loading === null ? rest() : loading.then(start).catch((error) => {
      this.#without = `works on one thread as ${messageOf(error)}`;
    }).then(rest);
  }

  async #findBlas(wanted: string, threads: number): Promise<void> {
    try {
      const { findBlas } = await import("./blas/mod.ts");
      const own = this.#multiplierOf("float32") as Multiplier;
      const found = findBlas(this.#engine, own, wanted, threads);
      own.blas = this.#blas = found.products;
      this.#double = found.double;
    } catch (error) {
      this.#noBlas = messageOf(error);
    }
  }

  /** What computes products; null for dtypes whose products core decomposes. */
  #multiplierOf(dtype: DType): Multiplier | DoubleMultiplier | null {
    if (dtype === "float64") return this.#double;
    if (dtype !== "float32" && dtype !== "int32") return null;
    let multiplier = this.#multipliers.get(dtype);
    if (multiplier === undefined) {
      multiplier = new Multiplier(this.#engine, dtype);
      this.#multipliers.set(dtype, multiplier);
    }
    return multiplier;
  }

  #routine(kernel: RoutineKernel): Launch | null {
    const dtype = kernel.inputs[0]!;
    switch (kernel.name) {
      case "matmul": {
        const multiplier = this.#multiplierOf(dtype);
        return multiplier && prepareMatmul(multiplier, kernel);
      }
      case "gather":
        return compileGather(this.#engine, kernel);
      case "scatterAdd":
      case "scatterProd":
      case "scatterMax":
      case "scatterMin":
        return compileScatter(this.#engine, kernel, kernel.name);
      case "argmax":
      case "argmin":
        return compileArg(this.#engine, kernel);
      case "softmax":
      case "logSoftmax":
        return compileSoftmax(this.#engine, kernel);
      case "sort":
        return compileSort(this.#engine, kernel);
      case "conv2d":
      case "maxPool2d":
        return this.#windows.now?.[kernel.name](this.#engine, kernel) ?? null;
      case "linearInt8":
        return int8?.compileLinearInt8(this.#engine, kernel, {
          assembler,
          ArgumentLayout,
          launchOf,
        }) ?? null;
      default: {
        // Without one, core decomposes it, or it is core's own.
        const name: keyof typeof CUMULATIVE | "linalg" | "lines" | "dotsInt8" =
          kernel.name;
        return CUMULATIVE[name as keyof typeof CUMULATIVE]?.(
          this.#engine,
          kernel,
        ) ?? null;
      }
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
