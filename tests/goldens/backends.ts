/**
 * The backends that the goldens run on.
 *
 * @module
 */
import { probeWebgpu } from "@tenfold/backends/webgpu/probe";
import type { Backend } from "@tenfold/core";

/** How each backend is opened. */
const OPEN: Readonly<Record<string, () => Promise<Backend>>> = {
  "cpu-typedarray": async () =>
    (await import("@tenfold/backends/cpu-typedarray")).cpuTypedArray(),
  "wasm-simd": async () =>
    (await import("@tenfold/backends/wasm-simd")).wasmSimd(),
  "webgpu": async () => (await import("@tenfold/backends/webgpu")).webgpu(),
};

/**
 * Opens the backend that `TENFOLD_BACKEND` names, or all of them. A GPU may be
 * missing: then it is left out with a word of why, but not where `CI` says that
 * a runtime with WebGPU must have one.
 */
export async function backendsUnderTest(): Promise<Backend[]> {
  const chosen = environment("TENFOLD_BACKEND");
  if (chosen) return [await openBackend(chosen)];
  const opened = Object.keys(OPEN).map(async (name) => {
    if (name !== "webgpu") return openBackend(name);
    const hasGpu = probeWebgpu() === null;
    return await openBackend(name).catch((error: Error) => {
      if (hasGpu && environment("CI")) throw error;
      console.warn(`The goldens leave webgpu out: ${error.message}`);
      return null;
    });
  });
  const backends = await Promise.all(opened);
  return backends.filter((backend) => backend !== null);
}

async function openBackend(name: string): Promise<Backend> {
  const open = OPEN[name];
  if (open !== undefined) return await open();
  throw new RangeError(
    `Cannot run the goldens on the backend ${name}: known are ${
      Object.keys(OPEN).join(", ")
    }`,
  );
}

function environment(name: string): string | undefined {
  const { process } = globalThis as {
    process?: { env?: Readonly<Record<string, string | undefined>> };
  };
  return process?.env?.[name];
}
