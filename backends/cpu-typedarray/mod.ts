/**
 * The typed-array backend: plain JavaScript, available everywhere, and the
 * device that the others are measured against. Map and reduce kernels become
 * JavaScript source, or closures where a page forbids generated code.
 *
 * @example Compute on it
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
 * import { setBackend, tensor } from "@tenfold/core";
 *
 * await setBackend(cpuTypedArray());
 * assertEquals(await tensor([1, 2, 3]).mul(2).toArray(), [2, 4, 6]);
 * ```
 *
 * @module
 */
export * from "./cpu_typed_array.ts";
