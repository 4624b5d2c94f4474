/**
 * The factory of the backend.
 *
 * @module
 */

import type { Backend } from "@tenfold/core";
import { openWasmSimd, type WasmSimdOptions } from "./open.ts";

/**
 * Opens the backend for WebAssembly with 128-bit vector instructions.
 *
 * While `setBackend` waits, parts that not every program needs are loaded: what
 * runs threads, if there are any; the kernels of convolutions and max pooling,
 * if the program imports layers that need them; and what joins the kernels of
 * compiled functions, if it imports `compile`. A program that opens the backend
 * without waiting gets them from the start with the same function of
 * `@tenfold/backends/wasm-simd/whole`.
 *
 * @param options The number of threads and the maximum size of the memory.
 * @returns The backend.
 * @throws {RangeError} If `threads` or `maxBytes` is not a positive integer.
 * @throws {TypeError} If an option is unknown, or `blas` is neither a path nor
 * false.
 * @throws {Error} If the engine's WebAssembly has no vector instructions.
 *
 * @example Two threads, and at most a gigabyte
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, setBackend } from "@tenfold/core";
 * import { wasmSimd } from "@tenfold/backends/wasm-simd";
 *
 * await setBackend(wasmSimd({ threads: 2, maxBytes: 2 ** 30 }));
 * assertEquals(ones([3, 3]).matmul(ones([3, 3])).sum().itemSync(), 27);
 * ```
 */
export function wasmSimd(options: WasmSimdOptions = {}): Backend {
  return openWasmSimd(options, arguments, {
    windows: async () =>
      (await import("./convolution/kernels.ts")).WINDOW_KERNELS,
    sequences: () => import("./sequence.ts"),
    threading: () => import("./threads/pool.ts"),
  });
}
