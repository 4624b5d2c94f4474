/**
 * A backend on WebAssembly's vector instructions, emitted by TypeScript while
 * the program runs: no build step, no binary, ready without `await`.
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
export { wasmSimd, type WasmSimdOptions, whyNoWasmSimd } from "./wasm_simd.ts";
