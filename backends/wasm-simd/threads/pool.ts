/**
 * The threads of a backend, used by synchronous calls.
 *
 * @module
 */

import type { Block } from "../allocator.ts";
import type { Engine, Program } from "../engine.ts";
import { CHUNK_BITS, CONTROL, SPIN_MS } from "./control.ts";
import { spawn, type Thread } from "./spawn.ts";

/** Work for fewer nanoseconds is not worth waking anybody. */
const WORTHWHILE = 200_000;
/**
 * Threads are started after this many nanoseconds of work that could be
 * divided.
 */
const WORTH_STARTING = 100_000_000;
/** At least so many chunks for each thread: one that is held up takes fewer. */
const CHUNKS_PER_THREAD = 4;
/** The milliseconds without progress after which a thread counts as dead. */
const TIMEOUT_MS = 60_000;

/** Divides the work of large kernels among threads. */
export class ThreadPool {
  /** Number of threads, including the calling one. */
  readonly size: number;
  readonly #engine: Engine;
  readonly #threads: Thread[] = [];
  readonly #numbers: Map<Program, { number: number; code: Block }> = new Map();
  readonly #startAfter: number;
  #words: Int32Array;
  #waited = 0;
  #job = 0;
  #failure: string | null = null;

  /**
   * Makes a pool; threads start when there is enough to do.
   *
   * @param engine The engine whose kernels run; its memory is shared.
   * @param size The number of threads, including the calling one.
   * @param eager Whether to start at once.
   */
  constructor(engine: Engine, size: number, eager = false) {
    this.#engine = engine;
    this.size = size;
    this.#words = engine.memory.i32;
    this.#startAfter = eager ? 0 : WORTH_STARTING;
  }

  /** Why the threads are not used any more, or null. */
  get failure(): string | null {
    return this.#failure;
  }

  /**
   * Whether some work should be divided; counts it, and starts the threads
   * when enough has come together.
   *
   * @param nanoseconds An estimate of the time on one thread.
   */
  takes(nanoseconds: number): boolean {
    if (!this.pays(nanoseconds)) return false;
    if (this.#threads.length === 0) {
      this.#waited += nanoseconds;
      if (this.#waited < this.#startAfter) return false;
      this.#start();
    }
    return Atomics.load(this.#words, CONTROL.ready) > 0;
  }

  /** Whether work that takes so long would be divided once threads run. */
  pays(nanoseconds: number): boolean {
    return nanoseconds >= WORTHWHILE && this.#failure === null;
  }

  /** Waits until all threads have started; for tests and measurements. */
  awaitStart(milliseconds: number): boolean {
    if (this.#threads.length === 0) this.#start();
    const until = performance.now() + milliseconds;
    for (;;) {
      const ready = Atomics.load(this.#words, CONTROL.ready);
      if (ready === this.size - 1) return true;
      if (this.#failure !== null || performance.now() > until) return false;
      pause(this.#words, CONTROL.ready, ready, 10);
    }
  }

  #start(): void {
    try {
      while (this.#threads.length < this.size - 1) {
        this.#threads.push(
          spawn(this.#engine.memory.memory, (why) => {
            this.#failure ??= why;
          }),
        );
      }
    } catch (error) {
      this.#failure = String(error);
    }
  }

  /**
   * Runs a kernel on everything from 0 to `size`, in chunks.
   *
   * @param program The module.
   * @param entry The name of its function.
   * @param args The address of its arguments.
   * @param size The size of the loop that is divided.
   * @param grain Chunks are multiples of this.
   * @throws {Error} If a thread fails.
   */
  run(
    program: Program,
    entry: string,
    args: number,
    size: number,
    grain: number,
  ): void {
    const words = this.#words = this.#engine.memory.i32;
    const wanted = this.size * CHUNKS_PER_THREAD;
    const step = Math.max(Math.floor(size / wanted / grain), 1) * grain;
    const chunks = Math.ceil(size / step);
    const { number, code } = this.#numberOf(program);
    const job = this.#job = (this.#job + 1) & ((1 << (31 - CHUNK_BITS)) - 1);
    words[CONTROL.size] = size;
    words[CONTROL.step] = step;
    words[CONTROL.program] = number;
    words[CONTROL.pointer] = code.pointer;
    words[CONTROL.length] = program.bytes.length;
    words[CONTROL.entry] = program.names.indexOf(entry);
    words[CONTROL.args] = args;
    words[CONTROL.error] = 0;
    Atomics.store(words, CONTROL.done, 0);
    Atomics.store(words, CONTROL.chunks, (job << CHUNK_BITS) | chunks);
    Atomics.store(words, CONTROL.next, job << CHUNK_BITS);
    Atomics.add(words, CONTROL.job, 1);
    Atomics.notify(words, CONTROL.job);

    const run = program.exports[entry]!;
    let error: unknown = null;
    for (;;) {
      const chunk = Atomics.add(words, CONTROL.next, 1) &
        ((1 << CHUNK_BITS) - 1);
      if (chunk >= chunks) break;
      const begin = chunk * step;
      try {
        run(args, begin, Math.min(begin + step, size), 0);
      } catch (thrown) {
        error ??= thrown;
      }
      Atomics.add(words, CONTROL.done, 1);
    }
    this.#finish(chunks);
    if (error !== null) throw error;
    if (words[CONTROL.error] !== 0) throw this.#threadError();
  }

  /** Waits for the chunks that others have taken. */
  #finish(chunks: number): void {
    const words = this.#words;
    let last = -1;
    let since = 0;
    for (;;) {
      const done = Atomics.load(words, CONTROL.done);
      if (done >= chunks) return;
      const now = performance.now();
      if (done !== last) {
        last = done;
        since = now;
      } else if (now - since > TIMEOUT_MS) {
        this.#failure = "a thread does not answer";
        throw new Error(
          `Cannot finish a kernel as a thread does not answer: ${
            chunks - done
          } of ${chunks} parts are missing`,
        );
      }
      if (now - since > SPIN_MS) pause(words, CONTROL.done, done, 1000);
    }
  }

  #threadError(): Error {
    const words = this.#words;
    const codes = words.slice(
      CONTROL.message,
      CONTROL.message + words[CONTROL.error]!,
    );
    return new Error(
      `Cannot run a kernel as a thread failed: ${
        String.fromCharCode(...codes)
      }`,
    );
  }

  /** Puts a module where threads find it, once. */
  #numberOf(program: Program): { number: number; code: Block } {
    let known = this.#numbers.get(program);
    if (known === undefined) {
      const { bytes } = program;
      const code = this.#engine.allocate("bool", bytes.length);
      this.#engine.memory.u8.set(bytes, code.pointer);
      known = { number: this.#numbers.size, code };
      this.#numbers.set(program, known);
      this.#words = this.#engine.memory.i32;
    }
    return known;
  }

  /** Ends the threads. */
  dispose(): void {
    const words = this.#engine.memory.i32;
    Atomics.store(words, CONTROL.stop, 1);
    Atomics.add(words, CONTROL.job, 1);
    Atomics.notify(words, CONTROL.job);
    for (const thread of this.#threads) thread.terminate();
    this.#failure ??= "the backend was disposed";
  }
}

/**
 * Sleeps until a word changes or the time is over. Pages may not sleep on
 * their main thread; there the loop of the caller goes round at once.
 */
function pause(
  words: Int32Array,
  word: number,
  value: number,
  milliseconds: number,
): void {
  if (canSleep) Atomics.wait(words, word, value, milliseconds);
}

const canSleep = ((): boolean => {
  if (typeof SharedArrayBuffer === "undefined") return false;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
})();
