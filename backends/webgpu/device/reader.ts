/**
 * Reads buffers back through staging buffers that can be mapped. What is large
 * passes through two small ones in turns: one is copied out of while the device
 * fills the other.
 *
 * @module
 */
import { type Block, MANY_BYTES } from "./memory.ts";
import type { Outcome } from "./outcome.ts";
import type { Recorder } from "./recorder.ts";
import { type Staging, StagingPool } from "./staging.ts";

/** Bytes of a staging buffer of a stream. */
const CHUNK_BYTES = 8 * 1024 * 1024;
/** Staging buffers that a stream fills at once. */
const MAX_CHUNKS = 2;
/** The most bytes that are read at once. */
export const MAX_UNSTREAMED_BYTES: number = MAX_CHUNKS * CHUNK_BYTES;

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
  /** The outcome of the copies that are recorded; null before the first. */
  readonly outcome: Outcome | null;
  /** The data; valid only if the copies have succeeded. */
  readonly data: Promise<ArrayBuffer>;
}

/** What the device copies of a stream. */
interface Chunk {
  readonly staging: Staging;
  readonly at: number;
  readonly bytes: number;
  mapping: Promise<void> | null;
}

/** A large read. */
interface Stream extends Part {
  outcome: Outcome | null;
  /** Bytes whose copies are recorded. */
  copied: number;
  /** Copies that are not read yet. */
  readonly chunks: Chunk[];
}

/** Reads what buffers hold once the work recorded before has been done. */
export class Reader {
  readonly #recorder: Recorder;
  readonly #staging: StagingPool;
  #submission: Promise<void> | null = null;
  /** The streams that have not recorded all copies yet. */
  readonly #streams = new Set<Stream>();
  /** Settled when the stream that was asked for last has ended. */
  #lastStream: Promise<unknown> = Promise.resolve();

  /** Reads from one device. */
  constructor(device: GPUDevice, recorder: Recorder) {
    this.#recorder = recorder;
    this.#staging = new StagingPool(device);
  }

  /** Bytes of the staging buffers that are kept. */
  get keptBytes(): number {
    return this.#staging.keptBytes;
  }

  /** The most bytes of staging buffers, kept or in use, at once so far. */
  get peakBytes(): number {
    return this.#staging.peakBytes;
  }

  /**
   * Reads parts of buffers, concatenated, and returns the outcome of the
   * copies. The copies are recorded immediately; reads that begin together are
   * submitted together, unless `alone` is set or the allocation of a staging
   * buffer may fail.
   */
  read(parts: readonly Part[], alone = false): Reading {
    const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    const staging = this.#staging.take(total);
    const risky = alone || !staging.mapped && total >= MANY_BYTES;
    if (risky) this.#recorder.split();
    const { outcome } = this.#recorder;
    let at = 0;
    for (const { buffer, byte, bytes } of parts) {
      this.#recorder.copy(buffer, byte, staging.buffer, at, bytes, risky);
      at += bytes;
    }
    if (risky) this.#recorder.split();
    return { outcome, data: this.#finish(staging, total) };
  }

  /**
   * Reads a large part of a buffer through small staging buffers. Copies are
   * recorded as these become free, so that `secure` has to be called before
   * the buffer is written or destroyed. Streams take turns.
   */
  stream(part: Part): Reading {
    const stream: Stream = { ...part, outcome: null, copied: 0, chunks: [] };
    this.#streams.add(stream);
    const data = this.#lastStream.then(() => this.#run(stream));
    this.#lastStream = data.catch(() => {});
    return {
      get outcome() {
        return stream.outcome;
      },
      data,
    };
  }

  /** True while a stream has not recorded all copies yet. */
  get streaming(): boolean {
    return this.#streams.size > 0;
  }

  /**
   * Records what streams have yet to copy of the buffers of these blocks,
   * whatever room it takes.
   */
  secure(...blocks: readonly Block[]): void {
    for (const stream of this.#streams) {
      if (!blocks.some(({ buffer }) => buffer === stream.buffer)) continue;
      this.#recorder.split();
      while (stream.copied < stream.bytes) this.#copyChunk(stream);
      this.#recorder.split();
      this.#mapChunks(stream);
    }
  }

  /** Destroys the staging buffers. */
  dispose(): void {
    this.#staging.dispose();
  }

  async #finish(staging: Staging, total: number): Promise<ArrayBuffer> {
    try {
      await this.#submitted();
      const mapping = this.#staging.map(staging, total);
      return await this.#staging.use(
        staging,
        total,
        mapping,
        (range) => this.#staging.own(range),
      );
    } catch (error) {
      this.#staging.drop(staging);
      throw error;
    }
  }

  async #run(stream: Stream): Promise<ArrayBuffer> {
    const { bytes, chunks } = stream;
    try {
      const out = new Uint8Array(bytes);
      await this.#submitted();
      while (stream.copied < bytes || chunks.length > 0) {
        while (stream.copied < bytes && chunks.length < MAX_CHUNKS) {
          this.#copyChunk(stream);
          this.#recorder.flush();
          this.#mapChunks(stream);
        }
        const chunk = chunks[0]!;
        await this.#staging.use(
          chunk.staging,
          chunk.bytes,
          chunk.mapping!,
          (range) => out.set(new Uint8Array(range), chunk.at),
        );
        chunks.shift();
      }
      return out.buffer;
    } catch (error) {
      for (const { staging } of chunks) this.#staging.drop(staging);
      throw error;
    } finally {
      this.#streams.delete(stream);
    }
  }

  /** Records the next copy of a stream. */
  #copyChunk(stream: Stream): void {
    const at = stream.copied;
    const bytes = Math.min(CHUNK_BYTES, stream.bytes - at);
    const staging = this.#staging.take(CHUNK_BYTES);
    const { outcome } = this.#recorder;
    stream.outcome = stream.outcome?.and(outcome) ?? outcome;
    this.#recorder.copy(
      stream.buffer,
      stream.byte + at,
      staging.buffer,
      0,
      bytes,
      true,
    );
    stream.chunks.push({ staging, at, bytes, mapping: null });
    stream.copied += bytes;
    if (stream.copied === stream.bytes) this.#streams.delete(stream);
  }

  /** Begins to map what was submitted. */
  #mapChunks({ chunks }: Stream): void {
    for (const chunk of chunks) {
      chunk.mapping ??= this.#staging.map(chunk.staging, chunk.bytes);
    }
  }

  /** Submits what has been recorded, after the current synchronous calls. */
  #submitted(): Promise<void> {
    return this.#submission ??= Promise.resolve().then(() => {
      this.#submission = null;
      this.#recorder.flush();
    });
  }
}
