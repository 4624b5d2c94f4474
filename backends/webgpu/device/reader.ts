/**
 * Reads buffers back through staging buffers that can be mapped.
 *
 * @module
 */
import { MANY_BYTES, sizeClass } from "./memory.ts";
import type { Outcome } from "./outcome.ts";
import type { Recorder } from "./recorder.ts";
import { MAP_READ, USAGE } from "./usage.ts";

/** Bytes of staging buffers that are kept. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

interface Staging {
  readonly buffer: GPUBuffer;
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

/** A part of a buffer. */
export interface Part {
  /** The buffer. */
  readonly buffer: GPUBuffer;
  /** The first byte of the part. */
  readonly byte: number;
  /** The length in bytes. */
  readonly bytes: number;
}

/** A read that has begun. */
export interface Reading {
  /** The outcome of the copies. */
  readonly outcome: Outcome;
  /** The data; valid only if the copies have succeeded. */
  readonly data: Promise<ArrayBuffer>;
}

/** Reads what buffers hold once the work recorded before has been done. */
export class Reader {
  readonly #device: GPUDevice;
  readonly #recorder: Recorder;
  #kept: Staging[] = [];
  #keptBytes = 0;
  #submission: Promise<void> | null = null;

  /** Reads from one device. */
  constructor(device: GPUDevice, recorder: Recorder) {
    this.#device = device;
    this.#recorder = recorder;
  }

  /** Bytes of the staging buffers that are kept. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /**
   * Reads parts of buffers, concatenated, and returns the outcome of the
   * copies. The copies are recorded immediately; reads that begin together are
   * submitted together, unless `alone` is set or the allocation of a staging
   * buffer may fail.
   */
  read(parts: readonly Part[], alone = false): Reading {
    const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    const staging = this.#take(total);
    const risky = alone || !staging.mapped && total >= MANY_BYTES;
    if (risky) this.#recorder.split();
    const { outcome } = this.#recorder;
    let at = 0;
    for (const { buffer, byte, bytes } of parts) {
      this.#recorder.copy(buffer, byte, staging.buffer, at, bytes);
      at += bytes;
    }
    if (risky) this.#recorder.split();
    return { outcome, data: this.#finish(staging, total) };
  }

  async #finish(staging: Staging, total: number): Promise<ArrayBuffer> {
    try {
      await this.#submitted();
      const bytes = await this.#map(staging, total);
      this.#give(staging);
      return bytes;
    } catch (error) {
      staging.buffer.destroy();
      throw error;
    }
  }

  /** Destroys the staging buffers. */
  dispose(): void {
    for (const { buffer } of this.#kept) buffer.destroy();
    this.#kept = [];
    this.#keptBytes = 0;
  }

  /** Submits what has been recorded, after the current synchronous calls. */
  #submitted(): Promise<void> {
    return this.#submission ??= Promise.resolve().then(() => {
      this.#submission = null;
      this.#recorder.flush();
    });
  }

  async #map(staging: Staging, bytes: number): Promise<ArrayBuffer> {
    const { buffer } = staging;
    const mapping = buffer.mapAsync(MAP_READ, 0, bytes);
    let range: ArrayBuffer | null = null;
    if (SLEEPS && staging.mapped) {
      mapping.catch(() => {});
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
    const copy = range.slice(0);
    buffer.unmap();
    return copy;
  }

  #take(bytes: number): Staging {
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
    return { buffer, bytes: size, mapped: false };
  }

  #give(staging: Staging): void {
    this.#kept.push(staging);
    this.#keptBytes += staging.bytes;
    while (this.#keptBytes > MAX_KEPT_BYTES) {
      const oldest = this.#kept.shift()!;
      this.#keptBytes -= oldest.bytes;
      oldest.buffer.destroy();
    }
  }
}
