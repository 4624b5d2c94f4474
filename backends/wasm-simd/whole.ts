/**
 * The backend `wasm-simd` with all its kernels from the start, for programs
 * that open it without `await`, as `@tenfold/tenfold` does. With
 * `await setBackend`, the entry point `@tenfold/backends/wasm-simd` loads only what
 * the program needs.
 *
 * @module
 */
import type { Backend } from "@tenfold/core";
import { ALL_PARTS } from "./all_parts.ts";
import { openWasmSimd, type WasmSimdOptions } from "./open.ts";

export { type WasmSimdOptions, whyNoWasmSimd } from "./open.ts";

/**
 * Opens the backend for WebAssembly with 128-bit vector instructions, with all
 * its parts from the start: threads, the kernels of convolutions and max
 * pooling, and what joins the kernels of compiled functions.
 *
 * @param options The number of threads, the maximum size of the memory, and the
 * BLAS.
 * @returns The backend.
 * @throws {RangeError} If `threads` or `maxBytes` is not a positive integer.
 * @throws {TypeError} If an option is unknown, or `blas` is neither a path nor
 * false.
 * @throws {Error} If the engine's WebAssembly has no vector instructions.
 *
 * @example The default of a program, opened by the first tensor
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, registerBackend } from "@tenfold/core";
 * import { functional } from "@tenfold/nn";
 * import { wasmSimd } from "@tenfold/backends/wasm-simd/whole";
 *
 * registerBackend("wasm-simd", () => wasmSimd(), { preferred: true });
 * const y = functional.conv2d(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]));
 * assertEquals(y.toArraySync(), [[[[4, 4], [4, 4]]]]);
 * ```
 */
export function wasmSimd(options: WasmSimdOptions = {}): Backend {
  return openWasmSimd(options, arguments, ALL_PARTS);
}
