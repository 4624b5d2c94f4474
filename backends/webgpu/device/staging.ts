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
 * Deno 2 resolves `mapAsync` only after a sleep of 10 ms, although the buffer
 * has been mapped after one turn of its event loop. `getMappedRange` succeeds
 * then; where it throws, we await the promise. The first mapping of a buffer is
 * always awaited.
 */
const SLEEPS = /^Deno\/2\./.test(globalThis.navigator?.userAgent ?? "");

function turnOfEventLoop(): Promise<void> {
  const { setImmediate } = globalThis as {
    setImmediate?: (act: () => void) => void;
  };
  return new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/** Makes staging buffers, maps them, and keeps some. */
export class StagingPool {
  readonly #device: GPUDevice;
  #kept: Staging[] = [];
  #keptBytes = 0;
  #bytes = 0;
  #peakBytes = 0;

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
      await turnOfEventLoop();
      try {
        range = buffer.getMappedRange(0, bytes);
      } catch {
        // Not yet: wait for the promise.
      }
    }
    if (!range) {
      await mapping;
      range = buffer.getMappedRange(0, bytes);
    }
    staging.mapped = true;
    const result = act(range);
    buffer.unmap();
    this.give(staging);
    return result;
  }

  /** Destroys the buffers that are kept. */
  dispose(): void {
    for (const staging of this.#kept) this.drop(staging);
    this.#kept = [];
    this.#keptBytes = 0;
  }
}
