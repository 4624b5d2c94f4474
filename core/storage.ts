/**
 * Storage: a reference-counted buffer of one device, and the count of all
 * that is held.
 *
 * @module
 */
import type { Backend } from "./backend.ts";
import { type DType, DTYPES } from "./dtype.ts";
import { OutOfMemoryError } from "./errors.ts";
import { collected, hold, turned, turnOfReads } from "./garbage.ts";
import type { Buffer } from "./kernel.ts";
import { checkCount } from "./options.ts";
import { checkPlain, flag, type PlainFields } from "./plain_options.ts";
import { currentRecording } from "./program/recording.ts";
import { type MemoryPlace, noteTensors, placesOfTensors } from "./report.ts";

/** What tensors hold at the moment, over all devices. */
export interface MemoryUse {
  /** Live tensor handles. */
  readonly tensors: number;
  /** Live buffers; views share them. */
  readonly buffers: number;
  /** Bytes of the live buffers. */
  readonly bytes: number;
  /** The most bytes that were held at once, since the peak was last reset. */
  readonly peakBytes: number;
  /** Live tensors by the place that made them, where that was asked for. */
  readonly report?: readonly MemoryPlace[];
}

/** Options of {@linkcode memory}. */
export interface MemoryOptions {
  /**
   * Lists live tensors by the place in the program that made them, those with
   * the most bytes first. The first call with `true` switches the notes on, so
   * call it once where the program begins; tensors made before are not listed.
   * Each tensor takes some microseconds more from then on, until a call with
   * `false` switches them off. Without either call they cost nothing.
   */
  readonly report?: boolean;
  /**
   * Lets the peak begin anew with what is held now; the figures that are
   * returned are those before.
   *
   * @default {false}
   */
  readonly resetPeak?: boolean;
}

const use = { tensors: 0, buffers: 0, bytes: 0, peakBytes: 0 };

/** What was held when the event loop last turned: it is no garbage. */
const settled = { buffers: 0, bytes: 0 };

/**
 * What tensors hold at the moment.
 *
 * @param options What to list, and whether the peak begins anew.
 * @throws {TypeError} If an option is unknown or not a boolean.
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
 *
 * @example Find what leaks
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { memory, zeros } from "@tenfold/tenfold";
 *
 * memory({ report: true }); // from here on, tensors are noted
 * const forgotten = zeros([1000]);
 * const [line] = memory({ report: true }).report!;
 * assertEquals([line!.tensors, line!.bytes], [1, 4000]);
 * memory({ report: false });
 * forgotten.dispose();
 * ```
 */
export function memory(options: MemoryOptions = {}): MemoryUse {
  checkCount("tell the memory in use", arguments.length, 1);
  checkPlain(OPTIONS, options, "tell the memory in use");
  const { report, resetPeak = false } = options;
  const now = { ...use };
  if (report !== undefined) noteTensors(report);
  if (resetPeak) use.peakBytes = use.bytes;
  return report === true ? { ...now, report: placesOfTensors() } : now;
}

const OPTIONS: PlainFields = { report: flag, resetPeak: flag };

/**
 * A turn of the event loop where it is time for one: asynchronous reads wait
 * for it, so that what nobody refers to is freed.
 */
export function giveWay(): Promise<void> | null {
  return turnOfReads(settle);
}

/** Tells that the event loop has turned by itself. */
export function gaveWay(): void {
  turned(settle());
}

function settle(): number {
  settled.buffers = use.buffers;
  return settled.bytes = use.bytes;
}

/** The part of a storage that outlives it, so that a collector can free it. */
interface Holding {
  readonly backend: Backend;
  /** Null where the collector frees buffers by itself. */
  readonly buffer: Buffer | null;
  readonly bytes: number;
  /** Tensor handles on it; references by the tape are not counted here. */
  tensors: number;
  freed: boolean;
}

/** Takes a holding off the count. */
function drop(holding: Holding): void {
  holding.freed = true;
  use.buffers--;
  use.bytes -= holding.bytes;
  use.tensors -= holding.tensors;
}

/** Frees what nobody released: the safety net, not the plan. */
const forgotten = new FinalizationRegistry<Holding>((holding) => {
  if (holding.freed) return;
  drop(holding);
  collected(holding.bytes);
  if (holding.buffer !== null) holding.backend.free(holding.buffer);
});

/** Memory of a backend; where there is none left, says what may be garbage. */
function allocate(backend: Backend, dtype: DType, size: number): Buffer {
  try {
    return backend.alloc(dtype, size);
  } catch (error) {
    const bytes = use.bytes - settled.bytes;
    const buffers = use.buffers - settled.buffers;
    if (!(error instanceof OutOfMemoryError) || bytes <= 0 || buffers <= 0) {
      throw error;
    }
    throw new OutOfMemoryError(
      `${error.message}; ${bytes} bytes in ${buffers} buffers were made since the program last awaited a read and are not released, and what nothing refers to any more is garbage: begin a scope in the loop (using _ = scope()), or await a read, such as item(), now and then`,
      { cause: error },
    );
  }
}

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

  /** Bytes of its elements. */
  get bytes(): number {
    return this.#holding.bytes;
  }

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
    this.buffer = allocate(backend, dtype, Math.max(size, 1));
    this.dtype = dtype;
    this.size = size;
    this.#holding = {
      backend,
      buffer: backend.collected ? null : this.buffer,
      bytes,
      tensors: 0,
      freed: false,
    };
    use.buffers++;
    use.bytes += bytes;
    if (use.bytes > use.peakBytes) use.peakBytes = use.bytes;
    forgotten.register(this, this.#holding, this);
    currentRecording()?.allocated(this);
    hold(use.bytes);
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
    if (this.#holding.freed) return;
    forgotten.unregister(this);
    drop(this.#holding);
    this.backend.free(this.buffer);
  }

  /** Counts a tensor handle in (`1`) or out (`-1`). */
  countTensor(change: 1 | -1): void {
    this.#holding.tensors += change;
    use.tensors += change;
  }
}
