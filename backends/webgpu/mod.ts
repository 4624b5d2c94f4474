/**
 * The GPU as a backend: kernels rendered to WGSL, recorded into few command
 * buffers. Values are read with `await`.
 *
 * @example Choose it by name
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { probeBackends, setBackend, tensor } from "@tenfold/tenfold";
 *
 * const found = (await probeBackends()).find(({ name }) => name === "webgpu");
 * if (found?.available) {
 *   await setBackend("webgpu");
 *   assertEquals(await tensor([1, 2]).add(1).toArray(), [2, 3]);
 * }
 * ```
 *
 * @module
 */
export { WebgpuBackend } from "./backend.ts";
export type { Counters } from "./device/counters.ts";
export { webgpu, type WebgpuOptions } from "./open.ts";
export { probeWebgpu } from "./probe.ts";
export type { Tuning } from "./tuning.ts";
