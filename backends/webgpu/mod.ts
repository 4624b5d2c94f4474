/**
 * The GPU as a backend: kernels rendered to WGSL, recorded into few command
 * buffers.
 *
 * @module
 */
export { WebgpuBackend } from "./backend.ts";
export type { Counters } from "./device/counters.ts";
export { probeWebgpu, webgpu, type WebgpuOptions } from "./open.ts";
