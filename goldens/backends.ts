/**
 * The backends that the goldens run on.
 *
 * @module
 */
import type { Backend } from "@tenfold/core";

/** How each backend is opened. */
const OPEN: Readonly<Record<string, () => Promise<Backend>>> = {
  "cpu-typedarray": async () =>
    (await import("@tenfold/backends/cpu-typedarray")).cpuTypedArray(),
  "wasm-simd": async () =>
    (await import("@tenfold/backends/wasm-simd")).wasmSimd(),
};

/** Opens the backend that `TENFOLD_BACKEND` names, or all of them. */
export async function backendsUnderTest(): Promise<Backend[]> {
  const { process } = globalThis as {
    process?: { env?: Readonly<Record<string, string | undefined>> };
  };
  const chosen = process?.env?.TENFOLD_BACKEND;
  const names = chosen ? [chosen] : Object.keys(OPEN);
  return await Promise.all(names.map((name) => {
    const open = OPEN[name];
    if (open !== undefined) return open();
    throw new RangeError(
      `Cannot run the goldens on the backend ${name}: known are ${
        Object.keys(OPEN).join(", ")
      }`,
    );
  }));
}
