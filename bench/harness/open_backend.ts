/**
 * Backends as command lines name them: `wasm-simd`, or `wasm-simd:2` for two
 * threads.
 *
 * @module
 */
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { setBackend } from "@tenfold/tenfold";

/** The backend of a name, without the number of threads. */
export function baseName(name: string): string {
  return name.split(":")[0]!;
}

/**
 * Chooses a backend by name.
 *
 * @throws {RangeError} If it has no threads to choose.
 */
export async function openBackend(name: string): Promise<void> {
  const [base, threads] = name.split(":");
  if (threads === undefined) return await setBackend(name);
  if (base !== "wasm-simd" || !/^[1-9]\d?$/.test(threads)) {
    throw new RangeError(
      `Cannot open backend "${name}": threads are chosen as in wasm-simd:2`,
    );
  }
  await setBackend(wasmSimd({ threads: Number(threads) }));
}
