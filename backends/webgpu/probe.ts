/**
 * Whether the runtime has WebGPU. This module is separate from the backend, so
 * that a program can list the available backends before it loads any of them.
 *
 * @module
 */
import { findPackage } from "./package.ts";

/**
 * Returns why the runtime has no WebGPU, or `null` if it has one: its own, as
 * on Deno and in browsers, or that of the npm package `webgpu` on Bun and Node.
 * No adapter is requested, so `null` does not guarantee one.
 *
 * @returns The reason, or `null`.
 *
 * @example Check before opening
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { probeWebgpu } from "@tenfold/backends/webgpu";
 *
 * // On Deno and in browsers:
 * assertEquals(probeWebgpu() === null, navigator.gpu !== undefined);
 * ```
 */
export function probeWebgpu(): string | null {
  if (globalThis.navigator?.gpu || findPackage() !== null) return null;
  return "this runtime has no WebGPU (navigator.gpu): on Bun and Node, install the npm package webgpu beside Tenfold, or pass a GPU to webgpu({ gpu })";
}
