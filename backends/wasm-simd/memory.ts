/**
 * The linear memory that every kernel works on.
 *
 * @module
 */

import type { DType, TypedArray } from "@tenfold/core";
import { DTYPES } from "@tenfold/core/backend";
import type { Growable } from "./allocator.ts";
import type { MemoryType } from "./assembler.ts";

const PAGE = 65536;
/** Kept free at the end, so that vectors may be read past the last element. */
const MARGIN = 64;
const INITIAL_PAGES = 64;
/** From four gigabytes, which is all that 32-bit addresses reach, down. */
const MAXIMUM_PAGES = [65536, 32768, 16384, 4096, 1024];

/**
 * Whether a memory may be made as large as it can become. It takes address
 * space alone then, and an engine that checks bounds need not ask how large a
 * shared memory is by now, which makes it up to 15 % faster. Windows would set
 * real memory aside, and pages have little address space. Bun's engine counts
 * all of it as its heap and lets that much garbage come together before it
 * collects any: 6 GB in 100,000 small steps. It checks no bounds either, so a
 * memory that grows is as fast there.
 */
function reservesFreely(): boolean {
  const { process } = globalThis as {
    process?: { platform?: string; versions?: { bun?: string } };
  };
  return process?.platform !== undefined && process.platform !== "win32" &&
    process.versions?.bun === undefined;
}

/** A growing memory and views of it that are always whole. */
export class LinearMemory implements Growable {
  /** The memory as kernels import it. */
  readonly memory: WebAssembly.Memory;
  /** How modules declare it. */
  readonly type: MemoryType;
  #bytes = 0;
  #u8: Uint8Array = new Uint8Array(0);
  #i32: Int32Array = new Int32Array(0);
  #f32: Float32Array = new Float32Array(0);
  #f64: Float64Array = new Float64Array(0);

  /**
   * Makes a memory as large as the engine lets it become.
   *
   * @param shared Whether threads share it.
   * @param limit The maximum size in bytes.
   * @throws {RangeError} If the engine cannot allocate any memory.
   */
  constructor(shared: boolean, limit: number = Infinity) {
    const candidates = MAXIMUM_PAGES
      .map((pages) => Math.min(pages, Math.max(1, Math.floor(limit / PAGE))));
    for (const [i, maximum] of candidates.entries()) {
      const first = Math.min(INITIAL_PAGES, maximum);
      const whole = shared && reservesFreely();
      const initial = whole ? maximum : first;
      try {
        this.memory = new WebAssembly.Memory({ initial, maximum, shared });
      } catch (error) {
        if (i < candidates.length - 1) continue;
        throw error;
      }
      this.type = { shared, minimum: whole ? maximum : 1, maximum };
      this.#look();
      this.#bytes = first * PAGE;
      return;
    }
    throw new RangeError("Cannot make a WebAssembly memory");
  }

  /** Bytes that may be used now. */
  get bytes(): number {
    return this.#bytes - MARGIN;
  }

  /** Bytes that there can be. */
  get maximum(): number {
    return this.type.maximum * PAGE - MARGIN;
  }

  /** The memory as bytes. */
  get u8(): Uint8Array {
    return this.#u8;
  }

  /** The memory as int32. */
  get i32(): Int32Array {
    return this.#i32;
  }

  /** The memory as float32. */
  get f32(): Float32Array {
    return this.#f32;
  }

  /** The memory as float64. */
  get f64(): Float64Array {
    return this.#f64;
  }

  /** The memory as elements of a dtype. */
  view(dtype: DType): TypedArray {
    switch (dtype) {
      case "bool":
        return this.#u8;
      case "int32":
        return this.#i32;
      case "float16": {
        const Half: { new (buffer: ArrayBufferLike): TypedArray } = DTYPES
          .float16.array as never;
        return new Half(this.memory.buffer);
      }
      case "float32":
        return this.#f32;
      case "float64":
        return this.#f64;
    }
  }

  /**
   * Makes the memory larger.
   *
   * @param bytes The minimum growth in bytes.
   * @returns `false` if the engine refuses; nothing has changed then.
   */
  grow(bytes: number): boolean {
    const wanted = this.#bytes + Math.ceil(bytes / PAGE) * PAGE;
    if (wanted > this.type.maximum * PAGE) return false;
    if (wanted > this.#u8.length) {
      try {
        this.memory.grow((wanted - this.#u8.length) / PAGE);
      } catch {
        return false;
      }
      this.#look();
    }
    this.#bytes = wanted;
    return true;
  }

  #look(): void {
    const { buffer } = this.memory;
    this.#u8 = new Uint8Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
  }
}
