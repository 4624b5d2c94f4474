import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { probeFeatures } from "./features.ts";
import { wasmSimd, whyNoWasmSimd } from "./mod.ts";

describe("probeFeatures", () => {
  it("finds vectors and shared memory on Deno and Bun", () => {
    const features = probeFeatures();
    assertEquals(features.simd, true);
    assertEquals(features.sharedMemory, true);
  });

  it("finds nothing where there is no WebAssembly", () => {
    const saved = globalThis.WebAssembly;
    try {
      // @ts-expect-error A browser that forbids it has none.
      globalThis.WebAssembly = undefined;
      assertEquals(probeFeatures(), {
        simd: false,
        fusedMultiplyAdd: false,
        sharedMemory: false,
      });
    } finally {
      globalThis.WebAssembly = saved;
    }
  });

  it("finds nothing where a page forbids to compile, and says what it needs", () => {
    const { Module } = WebAssembly;
    try {
      WebAssembly.Module = class {
        constructor() {
          throw new WebAssembly.CompileError("Refused to compile");
        }
      } as unknown as typeof Module;
      assertEquals(probeFeatures().simd, false);
      const why =
        "this page forbids to compile WebAssembly: its Content-Security-Policy needs 'wasm-unsafe-eval' in script-src";
      assertEquals(whyNoWasmSimd(), why);
      assertThrows(
        () => wasmSimd(),
        Error,
        `Cannot open wasm-simd as ${why}, or choose cpu-typedarray`,
      );
    } finally {
      WebAssembly.Module = Module;
    }
    assertEquals(whyNoWasmSimd(), null);
  });
});
