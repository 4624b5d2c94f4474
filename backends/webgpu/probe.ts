/**
 * Whether there is a GPU to ask for. It stands apart from the backend, so that
 * a program can list what it may choose before it loads any of it.
 *
 * @module
 */

/**
 * Returns why the runtime has no WebGPU, or `null` if it has. No adapter is
 * requested, so that `null` does not promise one.
 *
 * @returns The reason, or `null`.
 *
 * @example Check before opening
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { probeWebgpu } from "@tenfold/backends/webgpu";
 *
 * assertEquals(probeWebgpu() === null, navigator.gpu !== undefined);
 * ```
 */
export function probeWebgpu(): string | null {
  return globalThis.navigator?.gpu
    ? null
    : "this runtime has no WebGPU (navigator.gpu): pass one to webgpu({ gpu })";
}
