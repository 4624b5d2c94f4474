/**
 * Staging buffers for reads, which are kept for use again.
 *
 * @module
 */
import { sizeClass } from "./memory.ts";
import { MAP_READ, USAGE } from "./usage.ts";

/** Bytes of staging buffers that are kept. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

/** A staging buffer. */
export interface Staging {
  /** The device's buffer. */
  readonly buffer: GPUBuffer;
  /** Its size. */
  readonly bytes: number;
  /** True once it was mapped in the regular way. */
  mapped: boolean;
}

/**
 * Deno 2 resolves `mapAsync` only after a sleep of 10 ms, although it has waited
 * for the device and mapped the buffer when the call returns. `getMappedRange`
 * succeeds then; where it throws, we try again after a turn of the event loop,
 * and await the promise in the end. The first mapping of a buffer is always
 * awaited.
 */
const SLEEPS = /^Deno\/2\./.test(globalThis.navigator?.userAgent ?? "");

/** Bytes of a read from which on it matters how often it is copied. */
const LARGE_BYTES = 256 * 1024;
/** Bytes of a read that a turn of the event loop would make longer. */
const SMALL_BYTES = 64 * 1024;
/**
 * Milliseconds after which such a read too gives the event loop a turn, so that
 * timers, and what the device reports, come to their right in loops over reads.
 */
const MAX_BETWEEN_TURNS = 4;

function turnOfEventLoop(): Promise<void> {
  const { setImmediate } = globalThis as {
    setImmediate?: (act: () => void) => void;
  };
  return new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/** What is mapped of a buffer; null where that is not there yet. */
function mappedRange(buffer: GPUBuffer, bytes: number): ArrayBuffer | null {
  try {
    return buffer.getMappedRange(0, bytes);
  } catch {
    return null;
  }
}

/** Makes staging buffers, maps them, and keeps some. */
export class StagingPool {
  readonly #device: GPUDevice;
  #kept: Staging[] = [];
  #keptBytes = 0;
  #bytes = 0;
  #peakBytes = 0;
  /** When a read gave the event loop a turn. */
  #turned = 0;
  /** Whether what is mapped is a copy already; null while that is not known. */
  #copied: boolean | null = SLEEPS ? null : false;

  /** Makes nothing yet. */
  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Bytes of the buffers that are kept. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** The most bytes of buffers, kept or in use, at once so far. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** A buffer of at least `bytes`. */
  take(bytes: number): Staging {
    const size = sizeClass(bytes);
    const i = this.#kept.findIndex((staging) => staging.bytes === size);
    if (i >= 0) {
      this.#keptBytes -= size;
      return this.#kept.splice(i, 1)[0]!;
    }
    const buffer = this.#device.createBuffer({
      label: "read",
      size,
      usage: USAGE.mapRead | USAGE.copyTarget,
    });
    this.#bytes += size;
    if (this.#bytes > this.#peakBytes) this.#peakBytes = this.#bytes;
    return { buffer, bytes: size, mapped: false };
  }

  /** Keeps a buffer for use again. */
  give(staging: Staging): void {
    this.#kept.push(staging);
    this.#keptBytes += staging.bytes;
    while (this.#keptBytes > MAX_KEPT_BYTES) {
      const oldest = this.#kept.shift()!;
      this.#keptBytes -= oldest.bytes;
      this.drop(oldest);
    }
  }

  /** Destroys a buffer. */
  drop({ buffer, bytes }: Staging): void {
    this.#bytes -= bytes;
    buffer.destroy();
  }

  /** Begins to map the front of a buffer, whose commands were submitted. */
  map({ buffer }: Staging, bytes: number): Promise<void> {
    const mapping = buffer.mapAsync(MAP_READ, 0, bytes);
    // It may be awaited later, or not at all.
    mapping.catch(() => {});
    return mapping;
  }

  /** What is mapped, as memory of its own. */
  own(range: ArrayBuffer): ArrayBuffer {
    return this.#copied ? range.transfer() : range.slice(0);
  }

  /** Hands out what was mapped, unmaps it and keeps the buffer. */
  async use<T>(
    staging: Staging,
    bytes: number,
    mapping: Promise<void>,
    act: (range: ArrayBuffer) => T,
  ): Promise<T> {
    const { buffer } = staging;
    let range: ArrayBuffer | null = null;
    if (SLEEPS && staging.mapped) {
      const soon = performance.now() - this.#turned < MAX_BETWEEN_TURNS;
      if (soon && bytes <= SMALL_BYTES) {
        range = mappedRange(buffer, bytes);
      }
      if (!range) {
        await turnOfEventLoop();
        this.#turned = performance.now();
        range = mappedRange(buffer, bytes);
      }
    }
    if (!range) {
      await mapping;
      range = buffer.getMappedRange(0, bytes);
    }
    staging.mapped = true;
    const result = act(range);
    if (this.#copied === null && bytes >= LARGE_BYTES) {
      await this.#findCopied(buffer, range);
    } else buffer.unmap();
    this.give(staging);
    return result;
  }

  /**
   * Finds out whether a mapped range is a copy, as in Deno 2.9, which takes as
   * long as ours: what is written into it is not there at the next mapping then.
   */
  async #findCopied(buffer: GPUBuffer, range: ArrayBuffer): Promise<void> {
    const bytes = new Uint8Array(range);
    const written = bytes[0]! ^= 255;
    buffer.unmap();
    await buffer.mapAsync(MAP_READ, 0, 4);
    this.#copied = new Uint8Array(buffer.getMappedRange(0, 4))[0] !== written;
    buffer.unmap();
  }

  /** Destroys the buffers that are kept. */
  dispose(): void {
    for (const staging of this.#kept) this.drop(staging);
    this.#kept = [];
    this.#keptBytes = 0;
  }
}
