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

/**
 * Memory in use by tensors, on all devices.
 *
 * @example What a program holds
 * ```ts
 * import { memory, type MemoryUse } from "@tenfold/tenfold";
 *
 * const { tensors, bytes }: MemoryUse = memory();
 * console.log(`${tensors} tensors, ${bytes / 2 ** 20} MiB`);
 * ```
 */
export interface MemoryUse {
  /** Number of live tensors. */
  readonly tensors: number;
  /** Number of live buffers; views share them. */
  readonly buffers: number;
  /** Size of the live buffers in bytes. */
  readonly bytes: number;
  /** Largest number of bytes held at once since the peak was last reset. */
  readonly peakBytes: number;
  /**
   * Bytes that backends have reserved on their devices, in use or cached, if
   * requested.
   */
  readonly reserved?: number;
  /** Live tensors by the place that made them, if requested. */
  readonly report?: readonly MemoryPlace[];
}

/**
 * Options of {@linkcode memory}.
 *
 * @example The peak of one step
 * ```ts
 * import { assert } from "@std/assert";
 * import { memory, type MemoryOptions, zeros } from "@tenfold/tenfold";
 *
 * const options: MemoryOptions = { resetPeak: true };
 * memory(options);
 * zeros([1000]).dispose();
 * const { peakBytes } = memory();
 * assert(peakBytes >= 4000);
 * ```
 */
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
   * Whether to report the memory that backends have reserved: cached buffers of
   * a device, and the whole memory of WebAssembly.
   *
   * @default {false}
   */
  readonly reserved?: boolean;
  /**
   * Whether to reset the peak to the bytes held now; the returned figures are
   * those before the reset.
   *
   * @default {false}
   */
  readonly resetPeak?: boolean;
}

const use = { tensors: 0, buffers: 0, bytes: 0, peakBytes: 0 };

/** What was held when the event loop last turned: it is not garbage. */
const settled = { buffers: 0, bytes: 0 };

/**
 * Returns how many tensors and buffers are alive, and the bytes that they hold.
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
 * const line = memory({ report: true }).report?.[0];
 * assertEquals([line?.tensors, line?.bytes], [1, 4000]);
 * memory({ report: false });
 * forgotten.dispose();
 * ```
 *
 * @example See what a backend keeps
 * ```ts
 * import { assert } from "@std/assert";
 * import { memory, zeros } from "@tenfold/tenfold";
 *
 * const x = zeros([1000]);
 * const { bytes, reserved = 0 } = memory({ reserved: true });
 * assert(reserved >= bytes);
 * x.dispose();
 * ```
 */
export function memory(options: MemoryOptions = {}): MemoryUse {
  checkCount("tell the memory in use", arguments.length, 1);
  checkPlain(OPTIONS, options, "tell the memory in use");
  const { report, reserved = false, resetPeak = false } = options;
  growUp();
  const now = { ...use, ...reserved ? { reserved: reservedBytes() } : {} };
  if (report !== undefined) noteTensors(report);
  if (resetPeak) use.peakBytes = use.bytes;
  return report === true ? { ...now, report: placesOfTensors() } : now;
}

const OPTIONS: PlainFields = { report: flag, reserved: flag, resetPeak: flag };

/** The backends that have held tensors, as long as somebody has them. */
const seen = new Set<WeakRef<Backend>>();
/** The one that allocated last, and all of them. */
let latest: Backend | null = null;
const known = new WeakSet<Backend>();

/** Notes a backend that allocates. */
function see(backend: Backend): void {
  latest = backend;
  if (known.has(backend)) return;
  known.add(backend);
  seen.add(new WeakRef(backend));
}

function reservedBytes(): number {
  let bytes = 0;
  for (const reference of seen) {
    const backend = reference.deref();
    if (backend === undefined) seen.delete(reference);
    else bytes += backend.reservedBytes ?? 0;
  }
  return bytes;
}

/**
 * A turn of the event loop where it is time for one: asynchronous reads wait
 * for it, so that what nobody refers to is freed.
 */
export function giveWay(): Promise<void> | null {
  return turnOfReads(grown, settle);
}

/** Whether more is held than when the event loop last turned, or at the last
 * question: what holds no more makes no garbage that adds up. */
function grown(): boolean {
  if (use.buffers > settled.buffers || use.bytes > settled.bytes) return true;
  settled.buffers = use.buffers;
  settled.bytes = use.bytes;
  return false;
}

/** Tells that the event loop has turned by itself. */
export function gaveWay(): void {
  turned(settle());
}

function settle(): number {
  growUp();
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
}

/** Takes a buffer off the count, with the tensors on it. */
function drop(bytes: number, tensors: number): void {
  use.buffers--;
  use.bytes -= bytes;
  use.tensors -= tensors;
}

/** Frees what nobody released: the safety net, not the plan. */
const forgotten = new FinalizationRegistry<Holding>((holding) => {
  const { backend, buffer, bytes, tensors } = holding;
  drop(bytes, tensors);
  collected(bytes);
  if (buffer !== null) backend.free(buffer);
});

/**
 * Small storages that are young, in a ring. Most are released soon, and to
 * register and unregister them takes longer than to run a small kernel; those
 * that are pushed out are registered.
 */
const young: (Storage | null)[] = new Array(64).fill(null);
/** The most bytes of a storage that stays here, out of the collector's reach. */
const SMALL = 4096;
let next = 0;

/** Has the collector watch the young storages as well. */
function growUp(): void {
  for (let i = 0; i < young.length; i++) {
    young[i]?.watch();
    young[i] = null;
  }
}

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

/**
 * A buffer with the number of references to it.
 *
 * @example The size of a buffer
 * ```ts
 * import { Storage } from "@tenfold/core/backend";
 *
 * function megabytes({ bytes }: Storage): number {
 *   return bytes / 2 ** 20;
 * }
 * ```
 */
export class Storage {
  /** Whose memory it is. */
  readonly backend: Backend;
  /** The backend's handle. */
  readonly buffer: Buffer;
  /** The element type. */
  readonly dtype: DType;
  /** The number of elements. */
  readonly size: number;
  /** Bytes of its elements. */
  readonly bytes: number;
  /** Counts the changes in place; the tape compares it. */
  version = 0;
  #references = 1;
  #freed = false;
  /** Tensor handles, as long as nobody watches it. */
  #tensors = 0;
  /** Null as long as nobody watches it. */
  #holding: Holding | null = null;

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
    if (backend !== latest) see(backend);
    this.backend = backend;
    this.buffer = allocate(backend, dtype, Math.max(size, 1));
    this.dtype = dtype;
    this.size = size;
    this.bytes = bytes;
    use.buffers++;
    use.bytes += bytes;
    if (use.bytes > use.peakBytes) use.peakBytes = use.bytes;
    if (bytes > SMALL) this.watch();
    else {
      const before = young[next]!;
      young[next] = this;
      next = (next + 1) % young.length;
      if (before !== null) before.watch();
    }
    currentRecording()?.allocated(this);
    hold(use.bytes);
  }

  /** True while the buffer may be used. */
  get live(): boolean {
    return !this.#freed;
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
    if (--this.#references > 0 || this.#freed) return;
    this.#freed = true;
    const holding = this.#holding;
    if (holding === null) drop(this.bytes, this.#tensors);
    else {
      forgotten.unregister(this);
      drop(this.bytes, holding.tensors);
    }
    this.backend.free(this.buffer);
  }

  /** Has the collector free it where the program forgets it. */
  watch(): void {
    if (this.#freed || this.#holding !== null) return;
    const { backend, buffer, bytes } = this;
    this.#holding = {
      backend,
      buffer: backend.collected ? null : buffer,
      bytes,
      tensors: this.#tensors,
    };
    forgotten.register(this, this.#holding, this);
  }

  /** Counts a tensor handle in (`1`) or out (`-1`). */
  countTensor(change: 1 | -1): void {
    if (this.#holding === null) this.#tensors += change;
    else this.#holding.tensors += change;
    use.tensors += change;
  }
}
