/** Makes the backends known by name; none is opened before it is asked for. */
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd, whyNoWasmSimd } from "@tenfold/backends/wasm-simd/whole";
import { probeWebgpu } from "@tenfold/backends/webgpu/probe";
import { registerBackend } from "@tenfold/core";

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
