/**
 * The factory of the backend.
 *
 * @module
 */

import type { Backend } from "@tenfold/core";
import { WasmSimd } from "./backend.ts";
import { probeFeatures } from "./features.ts";
import { LinearMemory } from "./memory.ts";

/** What can be chosen of the backend. */
export interface WasmSimdOptions {
  /**
   * The most bytes that its memory may have.
   *
   * @default {4294967296}
   */
  readonly maxBytes?: number;
}

/**
 * Opens the backend.
 *
 * @param options What can be chosen.
 * @returns The backend, ready.
 * @throws {Error} If the engine's WebAssembly has no vector instructions.
 */
export function wasmSimd(options: WasmSimdOptions = {}): Backend {
  const features = probeFeatures();
  if (!features.simd) {
    throw new Error(
      "Cannot open wasm-simd as this engine has no WebAssembly vector instructions",
    );
  }
  const memory = new LinearMemory(features.sharedMemory, options.maxBytes);
  return new WasmSimd(features, memory);
}
