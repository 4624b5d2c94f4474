/**
 * Opens the backend: its options, and the features of the engine.
 *
 * @module
 */

import type { Backend } from "@tenfold/core";
import { environmentVariable, parseArguments } from "@tenfold/core/internal";
import * as z from "zod/mini";
import { WasmSimd } from "./backend.ts";
import { probeFeatures, whyNoSimd } from "./features.ts";
import { LinearMemory } from "./memory.ts";
import type { Parts } from "./parts.ts";
import { defaultThreads } from "./threads/default_threads.ts";
import { whyNoThreads } from "./threads/why_no_threads.ts";

/**
 * Options of `wasmSimd`.
 *
 * @example One thread
 * ```ts
 * import { ones } from "@tenfold/tenfold";
 * import { wasmSimd, type WasmSimdOptions } from "@tenfold/backends/wasm-simd";
 *
 * const options: WasmSimdOptions = { threads: 1, maxBytes: 2 ** 28 };
 * const x = ones([2], { device: wasmSimd(options) });
 * ```
 */
export interface WasmSimdOptions {
  /**
   * Number of threads for large kernels, including the calling one. Two
   * hardware threads often share the vector units of one core, so the default
   * is half of them, but two if there are two. If `mpirun` or `srun` has
   * started several ranks on this machine, they share these threads.
   *
   * @default {navigator.hardwareConcurrency / 2}, at least 2 (where there are
   * two), divided by the ranks of this machine, and at most 8
   */
  readonly threads?: number;
  /**
   * Maximum size of the memory of the backend in bytes.
   *
   * @default {4294967296}
   */
  readonly maxBytes?: number;
  /**
   * The BLAS that computes large matrix products, through the foreign function
   * interface of Deno (which needs `--allow-ffi`) or Bun: a path, `"auto"` for
   * a library found on this machine, or `false` for none. It is loaded while
   * `setBackend` waits, and used where it computes correctly and is faster than
   * the built-in kernels; if there is none, everything works without it, and
   * `listBackends()` says why. The bits of results depend on the library, its
   * kernel and its number of threads.
   *
   * @default {the environment variable TENFOLD_BLAS, or false}
   */
  readonly blas?: string | false;
}

const count = z.int("must be a positive integer").check(
  z.gt(0, "must be a positive integer"),
);
/** What chooses no BLAS in the environment. */
const NONE = "false";
const NO_BLAS = 'must be a path, "auto" or false';
const OPTIONS = z.strictObject({
  threads: z.optional(count),
  maxBytes: z._default(count, 2 ** 32),
  blas: z.optional(z.string(NO_BLAS).check(z.minLength(1, NO_BLAS))),
});

/**
 * Returns why the backend cannot be opened in this runtime.
 *
 * @returns The reason, or `null` if it can be opened.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { whyNoWasmSimd } from "@tenfold/backends/wasm-simd";
 *
 * assertEquals(whyNoWasmSimd(), null);
 * ```
 */
export function whyNoWasmSimd(): string | null {
  return whyNoSimd();
}

/** Implements `wasmSimd`, given its parts or functions that load them. */
export function openWasmSimd(
  options: WasmSimdOptions,
  given: IArguments,
  parts: Parts,
): Backend {
  const { threads: wanted = defaultThreads(), maxBytes, blas } = parseArguments(
    OPTIONS,
    {},
    // As text, like that of the environment: the schema knows texts alone.
    Object(options).blas === false ? { ...options, blas: NONE } : options,
    given,
    "open wasm-simd",
  );
  const no = whyNoSimd();
  if (no !== null) {
    throw new Error(`Cannot open wasm-simd as ${no}, or choose cpu-typedarray`);
  }
  const features = probeFeatures();
  const why = features.sharedMemory
    ? whyNoThreads()
    : "memory cannot be shared here (a page must be cross-origin isolated)";
  const threads = why === null ? wanted : 1;
  const memory = new LinearMemory(threads > 1, maxBytes);
  const wantedBlas = blas ?? environmentVariable("TENFOLD_BLAS") ?? NONE;
  return new WasmSimd(features, memory, {
    parts,
    threads,
    blas: wantedBlas === NONE ? null : wantedBlas,
    ...(wanted > threads ? { notice: `works on one thread as ${why}` } : {}),
  });
}
