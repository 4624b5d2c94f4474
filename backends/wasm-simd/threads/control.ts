/**
 * The words of shared memory through which threads work together.
 *
 * A job is divided into chunks. Whoever is free takes the next one by adding
 * to `NEXT`, the calling thread too, so a thread that wakes late is never
 * waited for. The number of the job stands in the upper bits of `NEXT` and
 * `CHUNKS`: a chunk was really taken if both agree.
 *
 * @module
 */

/** The first word. */
const BASE = 1024 / 4;

/** Words by what they hold. */
export const CONTROL = {
  /** Counts jobs; threads sleep on it. */
  job: BASE,
  /** Number of the job in the upper bits, the next chunk in the lower. */
  next: BASE + 16,
  /** Number of the job in the upper bits, the number of chunks below. */
  chunks: BASE + 17,
  /** Chunks that are done; the caller sleeps on it. */
  done: BASE + 32,
  /** Threads that have started. */
  ready: BASE + 48,
  /** Numbers of a thread: how many were given out. */
  threads: BASE + 49,
  /** The size of the loop, and of a chunk. */
  size: BASE + 50,
  /** The size of a chunk. */
  step: BASE + 51,
  /** Which module. */
  program: BASE + 52,
  /** The address of its bytes. */
  pointer: BASE + 53,
  /** The size in bytes. */
  length: BASE + 54,
  /** Which of its exports. */
  entry: BASE + 55,
  /** The address of the arguments. */
  args: BASE + 56,
  /** Set when threads should end. */
  stop: BASE + 57,
  /** Characters of an error message, 0 where all went well. */
  error: BASE + 58,
  /** The characters. */
  message: BASE + 64,
} as const;

/** Characters that an error message has room for. */
export const MESSAGE_LENGTH = 200;
/** Bits of the chunk's number. */
export const CHUNK_BITS = 12;
/**
 * Milliseconds for which a thread looks for the next job, and the caller for the
 * last chunk, before they sleep: to wake somebody takes as long as a small job.
 */
export const SPIN_MS = 0.05;
