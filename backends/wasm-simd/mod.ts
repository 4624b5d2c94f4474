/**
 * A backend for WebAssembly with vector instructions. Its kernels are assembled
 * by TypeScript at run time: there is no build step, no binary and no `await`.
 *
 * @example Choose it
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { setBackend, tensor } from "@tenfold/core";
 * import { wasmSimd } from "@tenfold/backends/wasm-simd";
 *
 * await setBackend(wasmSimd());
 * assertEquals(tensor([1, 2]).add(1).toArraySync(), [2, 3]);
 * ```
 *
 * @module
 */
export { type WasmSimdOptions, whyNoWasmSimd } from "./open.ts";
export { wasmSimd } from "./wasm_simd.ts";
