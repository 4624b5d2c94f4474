/**
 * Counts of what a device holds and has done.
 *
 * @module
 */

/** What a device holds at the moment, and has done so far. */
export interface Counters {
  /** Command buffers submitted. */
  submits: number;
  /** Kernels dispatched. */
  dispatches: number;
  /** Values read back. */
  reads: number;
  /** Pipelines compiled. */
  pipelines: number;
  /** Buffers in use. */
  buffers: number;
  /** Bytes of the buffers in use, as they were allocated. */
  bytes: number;
  /** Buffers that wait to be used again. */
  idleBuffers: number;
  /** Bytes of the buffers that wait to be used again. */
  idleBytes: number;
}

/** All zero. */
export function newCounters(): Counters {
  return {
    submits: 0,
    dispatches: 0,
    reads: 0,
    pipelines: 0,
    buffers: 0,
    bytes: 0,
    idleBuffers: 0,
    idleBytes: 0,
  };
}
