/** Makes the backends known by name; none is opened before it is asked for. */
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd, whyNoWasmSimd } from "@tenfold/backends/wasm-simd";
import { probeWebgpu } from "@tenfold/backends/webgpu/probe";
import { registerBackend } from "@tenfold/core";
import {
  backendFromEnvironment,
  environmentVariable,
  openDevice,
} from "@tenfold/core/internal";

registerBackend("cpu-typedarray", () => cpuTypedArray(), { preferred: true });
registerBackend("wasm-simd", () => wasmSimd(), {
  probe: whyNoWasmSimd,
  preferred: whyNoWasmSimd() === null,
});
// It can only be waited for, so it is loaded when it is asked for.
registerBackend("webgpu", async () => {
  const { webgpu } = await import("@tenfold/backends/webgpu");
  return await webgpu();
}, { probe: probeWebgpu });

// Nothing is waited for unless one of the two variables is set. A BLAS is loaded
// before programs that wait for nothing begin.
if (environmentVariable("TENFOLD_BLAS") !== null) {
  await openDevice("wasm-simd").catch(() => {});
}
await backendFromEnvironment();
