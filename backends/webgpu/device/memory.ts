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

/** Bytes of idle blocks that are kept whatever is in use. */
const MIN_IDLE_BYTES = 256 * 1024 * 1024;
/**
 * As many as were in use lately are kept at most, and this many times the
 * largest buffer: an H200 that keeps little spends 25 times as long on sums of
 * 256 MiB as one that keeps 16 GiB.
 */
const MAX_IDLE_BUFFERS = 8;
/** On the processor, whose memory belongs to others too. */
const MAX_IDLE_BYTES_SOFTWARE = 1024 * 1024 * 1024;
/** Batches after which what was not used again is given back. */
const MAX_IDLE_BATCHES = 1024;
/** Bytes of destroyed buffers that recorded work may hold back, at least. */
const MIN_DOOMED_BYTES = 64 * 1024 * 1024;
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
  /** Where it begins in the buffer. */
  readonly byte: number = 0;
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

/** A part of a block, which shares all that is known of it. */
class BlockWindow extends Block {
  override readonly byte: number;

  constructor(whole: Block, byte: number, bytes: number, id: number) {
    super(whole.buffer, bytes, id);
    this.byte = byte;
    for (const name of ["batch", "made", "outcome"] as const) {
      Object.defineProperty(this, name, {
        get: () => whole[name],
        set: (value: never) => whole[name] = value,
      });
    }
  }

  /** The rest of the block is not written next. */
  override forget(): void {}
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
  /** Parts of blocks, by where they lie. */
  readonly #windows = new WeakMap<Block, Map<string, Block>>();
  #ids = 0;
  #doomed = 0;
  /** The most bytes that were in use lately. */
  #peak = 0;
  /** The most bytes of idle blocks; halved where the device had no room. */
  #limit: number;
  /** Batches after which the peak is taken anew. */
  #nextPeak = MAX_IDLE_BATCHES;
  /** True once there was a block that one binding does not hold. */
  hasLarge = false;
  /** Called with every block that is to be destroyed. */
  beforeDestroy: ((block: Block) => void) | null = null;
  /** Called after a block was destroyed. */
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
    this.#limit = profile.software
      ? MAX_IDLE_BYTES_SOFTWARE
      : MAX_IDLE_BUFFERS * profile.maxBindingBytes;
  }

  /** The most bytes of idle blocks now. */
  get idleLimit(): number {
    return Math.min(this.#limit, Math.max(this.#peak, MIN_IDLE_BYTES));
  }

  /**
   * A block of at least `bytes`.
   *
   * @throws {OutOfMemoryError} If the buffer is larger than the adapter allows.
   */
  take(bytes: number): Block {
    const { maxBindingBytes, maxBufferBytes: limit } = this.#profile;
    if (bytes > limit) {
      throw new OutOfMemoryError(
        `Cannot ${this.#errors.operation} as it takes a buffer of ${bytes} bytes: one buffer of webgpu holds at most ${limit} bytes here`,
      );
    }
    const size = Math.min(
      sizeClass(bytes),
      bytes <= maxBindingBytes ? maxBindingBytes : limit,
    );
    if (size > maxBindingBytes) this.hasLarge = true;
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
    if (this.#counters.bytes > this.#peak) this.#peak = this.#counters.bytes;
    return block;
  }

  /** A part of a block as a block, always the same one. */
  window(block: Block, byte: number, bytes: number): Block {
    let windows = this.#windows.get(block);
    if (!windows) this.#windows.set(block, windows = new Map());
    const key = `${byte} ${bytes}`;
    let window = windows.get(key);
    if (!window) {
      window = new BlockWindow(block, byte, bytes, ++this.#ids);
      windows.set(key, window);
    }
    return window;
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
    const { batch } = this.#recorder;
    if (batch >= this.#nextPeak) {
      this.#peak = this.#counters.bytes;
      this.#nextPeak = batch + MAX_IDLE_BATCHES;
    }
    const limit = this.idleLimit;
    while (this.#counters.idleBytes > limit) this.#dropOldest();
    if (this.#counters.idleBytes <= MIN_IDLE_BYTES) return;
    const [oldest] = this.#idle.values().next().value!;
    if (oldest!.batch < batch - MAX_IDLE_BATCHES) this.#dropOldest();
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
        // There may be room for the next one then, and less is kept from now on.
        this.#limit = Math.min(
          this.#limit,
          (this.#counters.bytes + this.#counters.idleBytes) / 2,
        );
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
    this.beforeDestroy?.(block);
    this.#doomed += bytes;
    this.#recorder.afterwards(() => {
      this.#doomed -= bytes;
      block.buffer.destroy();
      this.onDestroy?.();
    });
    const most = Math.max(this.idleLimit / 8, MIN_DOOMED_BYTES);
    if (this.#doomed > most) this.#recorder.flush();
  }
}
