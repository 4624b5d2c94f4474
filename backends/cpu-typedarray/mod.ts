/**
 * The typed-array backend: plain JavaScript that runs everywhere. Map and reduce
 * kernels are compiled to JavaScript source, or to closures where a page forbids
 * generated code.
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
