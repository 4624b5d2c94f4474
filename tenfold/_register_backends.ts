/** Makes the backends known by name; none is opened before it is asked for. */
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd, whyNoWasmSimd } from "@tenfold/backends/wasm-simd";
import { probeWebgpu, webgpu } from "@tenfold/backends/webgpu";
import { registerBackend } from "@tenfold/core";
import { backendFromEnvironment } from "@tenfold/core/internal";

registerBackend("cpu-typedarray", () => cpuTypedArray(), { preferred: true });
registerBackend("wasm-simd", () => wasmSimd(), {
  probe: whyNoWasmSimd,
  preferred: whyNoWasmSimd() === null,
});
registerBackend("webgpu", () => webgpu(), { probe: probeWebgpu });

// Nothing is waited for unless TENFOLD_BACKEND is set.
await backendFromEnvironment();
