/**
 * Buffers, kept for use again by classes of sizes.
 *
 * @module
 */
import { OutOfMemoryError } from "@tenfold/core";
import type { Counters } from "./counters.ts";
import { type DeferredErrors, oneLine } from "./deferred_errors.ts";
import { Outcome } from "./outcome.ts";
import type { Profile } from "./profile.ts";
import type { Recorder } from "./recorder.ts";
import { USAGE } from "./usage.ts";

/** The most bytes of idle blocks. */
const IDLE_BYTES = 256 * 1024 * 1024;
/** Bytes of destroyed buffers that recorded work may hold back. */
const DOOMED_BYTES = 64 * 1024 * 1024;
const SMALLEST = 256;
/**
 * Work on a buffer of at least this size is submitted alone until its
 * allocation is known to have succeeded.
 */
export const MANY_BYTES: number = 16 * 1024 * 1024;

/** One buffer of the device. */
export class Block {
  /** The device's buffer. */
  readonly buffer: GPUBuffer;
  /** Its size. */
  readonly bytes: number;
  /** Distinguishes it from every other block. */
  readonly id: number;
  /** The last batch of work that used it. */
  batch = 0;
  /**
   * The outcome of its allocation; null once that is known to have succeeded.
   */
  made: Outcome | null;
  /**
   * The outcome of the work that wrote it; null once that is known to have
   * succeeded.
   */
  outcome: Outcome | null;

  /** Wraps a buffer. */
  constructor(
    buffer: GPUBuffer,
    bytes: number,
    id: number,
    made: Outcome | null = null,
  ) {
    this.buffer = buffer;
    this.bytes = bytes;
    this.id = id;
    this.made = made;
    this.outcome = made;
  }

  /** Updates the outcomes before the block is used. */
  look(): void {
    if (this.outcome?.good) this.outcome = null;
    if (this.made?.good) this.made = null;
  }

  /**
   * True while it is large and its allocation is not known to have succeeded.
   */
  get risky(): boolean {
    return this.made !== null && this.bytes >= MANY_BYTES;
  }

  /** Forgets what it holds, all of which is written next. */
  forget(): void {
    this.outcome = this.made;
  }
}

/**
 * The class of sizes that holds `bytes`: a quarter, half, three quarters or
 * the whole of a power of two above the one before.
 */
export function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const below = 2 ** Math.floor(Math.log2(bytes - 1));
  const step = Math.max(below / 4, SMALLEST);
  return below + Math.ceil((bytes - below) / step) * step;
}

/** Allocates blocks and takes them back. */
export class Pool {
  readonly #device: GPUDevice;
  readonly #profile: Profile;
  readonly #recorder: Recorder;
  readonly #errors: DeferredErrors;
  readonly #counters: Counters;
  /** Idle blocks by size; a size that was used last is at the end. */
  readonly #idle = new Map<number, Block[]>();
  #ids = 0;
  #doomed = 0;
  /** Called with every block that is destroyed. */
  onDestroy: (() => void) | null = null;

  /** Allocates from one device. */
  constructor(
    device: GPUDevice,
    profile: Profile,
    recorder: Recorder,
    errors: DeferredErrors,
    counters: Counters,
  ) {
    this.#device = device;
    this.#profile = profile;
    this.#recorder = recorder;
    this.#errors = errors;
    this.#counters = counters;
  }

  /**
   * A block of at least `bytes`.
   *
   * @throws {OutOfMemoryError} If the buffer is larger than the adapter allows.
   */
  take(bytes: number): Block {
    const limit = this.#profile.maxBufferBytes;
    if (bytes > limit) {
      throw new OutOfMemoryError(
        `Cannot ${this.#errors.operation} as it takes a buffer of ${bytes} bytes: one buffer of webgpu holds at most ${limit} bytes here`,
      );
    }
    const size = Math.min(sizeClass(bytes), limit);
    const idle = this.#idle.get(size);
    let block = idle?.pop();
    if (block) {
      this.#counters.idleBuffers--;
      this.#counters.idleBytes -= size;
      if (idle!.length === 0) this.#idle.delete(size);
    } else {
      block = this.#create(size);
    }
    block.forget();
    this.#counters.buffers++;
    this.#counters.bytes += size;
    return block;
  }

  /** Frees a block. Work recorded with it still completes. */
  give(block: Block): void {
    const { bytes } = block;
    this.#counters.buffers--;
    this.#counters.bytes -= bytes;
    if (block.made?.error) {
      this.#destroy(block);
      return;
    }
    const idle = this.#idle.get(bytes) ?? [];
    idle.push(block);
    this.#idle.delete(bytes);
    this.#idle.set(bytes, idle);
    this.#counters.idleBuffers++;
    this.#counters.idleBytes += bytes;
    while (this.#counters.idleBytes > IDLE_BYTES) this.#dropOldest();
  }

  /** Destroys every idle block. */
  trim(): void {
    while (this.#counters.idleBuffers > 0) this.#dropOldest();
  }

  #create(size: number): Block {
    const made = new Outcome();
    const buffer = this.#errors.watch(
      () =>
        this.#device.createBuffer({
          label: this.#errors.operation,
          size,
          usage: USAGE.storage | USAGE.copySource | USAGE.copyTarget,
        }),
      made,
      ({ message }, operation) => {
        // There may be room for the next one then.
        this.trim();
        return new OutOfMemoryError(
          `Cannot ${operation} as the device has no ${size} bytes left: ${
            oneLine(message)
          }`,
        );
      },
    );
    return new Block(buffer, size, ++this.#ids, made);
  }

  /** Destroys an idle block of the size that was not used for longest. */
  #dropOldest(): void {
    const [size, blocks] = this.#idle.entries().next().value!;
    const block = blocks.shift()!;
    if (blocks.length === 0) this.#idle.delete(size);
    this.#counters.idleBuffers--;
    this.#counters.idleBytes -= size;
    this.#destroy(block);
  }

  /** Destroys a block once the work recorded on it has been submitted. */
  #destroy(block: Block): void {
    const { bytes } = block;
    this.#doomed += bytes;
    this.#recorder.afterwards(() => {
      this.#doomed -= bytes;
      block.buffer.destroy();
      this.onDestroy?.();
    });
    if (this.#doomed > DOOMED_BYTES) this.#recorder.flush();
  }
}
