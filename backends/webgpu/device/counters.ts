/**
 * Counters of the memory and the work of a device.
 *
 * @module
 */

/**
 * Counters of the memory and the work of a device.
 *
 * @example Kernels of a step
 * ```ts
 * import type { Counters } from "@tenfold/backends/webgpu";
 *
 * function kernels(before: Counters, after: Counters): number {
 *   return after.dispatches - before.dispatches;
 * }
 * ```
 */
export interface Counters {
  /** Number of command buffers submitted. */
  submits: number;
  /** Number of kernels dispatched. */
  dispatches: number;
  /** Number of reads. */
  reads: number;
  /** Number of pipelines compiled. */
  pipelines: number;
  /** Number of buffers in use. */
  buffers: number;
  /** Size of the buffers in use in bytes, as allocated. */
  bytes: number;
  /** Number of free buffers that are kept for reuse. */
  idleBuffers: number;
  /** Size of the free buffers that are kept for reuse in bytes. */
  idleBytes: number;
}

/** Counters that are all 0. */
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
