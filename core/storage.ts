/**
 * Storage: a reference-counted buffer of one device, and the count of all
 * that is held.
 *
 * @module
 */
import type { Backend } from "./backend.ts";
import { type DType, DTYPES } from "./dtype.ts";
import { OutOfMemoryError } from "./errors.ts";
import type { Buffer } from "./kernel.ts";
import { currentRecording } from "./program/recording.ts";

/** What tensors hold at the moment, over all devices. */
export interface MemoryUse {
  /** Live tensor handles. */
  readonly tensors: number;
  /** Live buffers; views share them. */
  readonly buffers: number;
  /** Bytes of the live buffers. */
  readonly bytes: number;
  /** The most bytes that were ever held at once. */
  readonly peakBytes: number;
}

const use = { tensors: 0, buffers: 0, bytes: 0, peakBytes: 0 };

/**
 * What tensors hold at the moment.
 *
 * @example Count what a scope leaves behind
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { memory, scope, zeros } from "@tenfold/tenfold";
 *
 * const before = memory().bytes;
 * {
 *   using _ = scope();
 *   zeros([1000]);
 * }
 * assertEquals(memory().bytes, before);
 * ```
 */
export function memory(): MemoryUse {
  return { ...use };
}

/** The part of a storage that outlives it, so that a collector can free it. */
interface Holding {
  readonly backend: Backend;
  readonly buffer: Buffer;
  readonly bytes: number;
  /** Tensor handles on it; references by the tape are not counted here. */
  tensors: number;
  freed: boolean;
}

function free(holding: Holding): void {
  if (holding.freed) return;
  holding.freed = true;
  use.buffers--;
  use.bytes -= holding.bytes;
  use.tensors -= holding.tensors;
  holding.backend.free(holding.buffer);
}

/** Frees what nobody released: the safety net, not the plan. */
const forgotten = new FinalizationRegistry<Holding>(free);

/** A buffer with the number of references to it. */
export class Storage {
  /** Whose memory it is. */
  readonly backend: Backend;
  /** The backend's handle. */
  readonly buffer: Buffer;
  /** The element type. */
  readonly dtype: DType;
  /** The number of elements. */
  readonly size: number;
  /** Counts the changes in place; the tape compares it. */
  version = 0;
  #references = 1;
  readonly #holding: Holding;

  /**
   * Allocates memory for `size` elements, with one reference to it.
   *
   * @throws {OutOfMemoryError} If the device cannot hold it.
   */
  constructor(backend: Backend, dtype: DType, size: number) {
    const bytes = size * DTYPES[dtype].bytes;
    if (bytes > backend.maxBufferBytes) {
      throw new OutOfMemoryError(
        `Cannot allocate ${bytes} bytes (${size} elements of ${dtype}) on ${backend.name}: one buffer holds at most ${backend.maxBufferBytes} bytes`,
      );
    }
    this.backend = backend;
    this.buffer = backend.alloc(dtype, Math.max(size, 1));
    this.dtype = dtype;
    this.size = size;
    this.#holding = {
      backend,
      buffer: this.buffer,
      bytes,
      tensors: 0,
      freed: false,
    };
    use.buffers++;
    use.bytes += bytes;
    if (use.bytes > use.peakBytes) use.peakBytes = use.bytes;
    forgotten.register(this, this.#holding, this);
    currentRecording()?.allocated(this);
  }

  /** True while the buffer may be used. */
  get live(): boolean {
    return !this.#holding.freed;
  }

  /** How many own a reference. */
  get references(): number {
    return this.#references;
  }

  /** Adds a reference. */
  retain(): this {
    this.#references++;
    return this;
  }

  /** Takes a reference away; the last one frees the buffer. */
  release(): void {
    if (--this.#references > 0) return;
    forgotten.unregister(this);
    free(this.#holding);
  }

  /** Counts a tensor handle in (`1`) or out (`-1`). */
  countTensor(change: 1 | -1): void {
    this.#holding.tensors += change;
    use.tensors += change;
  }
}
