import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { probeFeatures } from "./features.ts";

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
});
