import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  listBackends,
  OutOfMemoryError,
  registerBackend,
  setBackend,
  tensor,
  zeros,
} from "@tenfold/core";
import { WasmSimd } from "./backend.ts";
import { probeFeatures } from "./features.ts";
import { LinearMemory } from "./memory.ts";
import { wasmSimd, whyNoWasmSimd } from "./mod.ts";

describe("wasmSimd", () => {
  it("is ready without waiting", () => {
    const backend = wasmSimd();
    assertEquals(backend.name, "wasm-simd");
    const half = "Float16Array" in globalThis ? ["float16" as const] : [];
    const dtypes = ["bool", "int32", ...half, "float32", "float64"] as const;
    assertEquals(backend.dtypes, [...dtypes]);
    assertEquals(whyNoWasmSimd(), null);
  });

  it("refuses options that it does not know or cannot use", () => {
    assertThrows(
      () => wasmSimd({ thread: 2 } as never),
      TypeError,
      "Cannot open wasm-simd as there is no such option: got thread",
    );
    for (const threads of [0, -1, 1.5, NaN, Infinity]) {
      assertThrows(
        () => wasmSimd({ threads }),
        RangeError,
        `Cannot open wasm-simd as threads must be a positive integer: got ${threads}`,
      );
    }
    assertThrows(() => wasmSimd({ maxBytes: 0 }), RangeError, "maxBytes");
  });

  it("says in the list of backends what it does without", async () => {
    const shared = globalThis.SharedArrayBuffer;
    try {
      // @ts-expect-error As on a page that is not isolated.
      globalThis.SharedArrayBuffer = undefined;
      registerBackend("wasm-simd", () => wasmSimd({ threads: 4 }));
      await setBackend("wasm-simd");
    } finally {
      globalThis.SharedArrayBuffer = shared;
    }
    assertEquals(tensor([1, 2]).add(1).toArraySync(), [2, 3]);
    const status = listBackends().find(({ name }) => name === "wasm-simd")!;
    assertEquals(status.available, true);
    assertEquals(
      status.reason,
      "works on one thread as memory cannot be shared here (a page must be cross-origin isolated)",
    );
  });

  it("runs out of memory with an error, and goes on", async () => {
    const backend = wasmSimd({ maxBytes: 1 << 20, threads: 1 });
    await setBackend(backend);
    const kept = zeros([100]).add(1);
    const error = assertThrows(
      () => zeros([300_000]),
      OutOfMemoryError,
    ) as Error;
    assertEquals(
      error.message,
      "Cannot allocate 1200000 bytes (300000 elements of float32) on wasm-simd: one buffer holds at most 1015744 bytes",
    );
    const many = [zeros([100_000]), zeros([100_000])];
    const full = assertThrows(() => zeros([100_000]), OutOfMemoryError);
    assertStringIncludes(
      (full as Error).message.replace(/\d+ bytes are held/, "N are held"),
      "Cannot allocate 400000 bytes (100000 elements of float32) on wasm-simd: N are held and 1015744 are possible in all",
    );
    // What the two tensors hold may be garbage, as far as core can know.
    assertStringIncludes((full as Error).message, "using _ = scope()");
    assertEquals(kept.sum().itemSync(), 100);
    for (const one of many) one.dispose();
    assertEquals(zeros([200_000]).sum().itemSync(), 0);
  });

  it("grows its memory without losing anything", async () => {
    for (const sharedMemory of [false, true]) {
      const memory = new LinearMemory(sharedMemory);
      const backend = new WasmSimd(probeFeatures(), memory);
      await setBackend(backend);
      const before = memory.bytes;
      const small = tensor([1, 2, 3]);
      const large = zeros([before / 4 + 1000]).add(1);
      assert(memory.bytes > before);
      assertEquals(small.mul(2).toArraySync(), [2, 4, 6]);
      assertEquals(large.sum().itemSync(), large.size);
    }
  });

  it("reads and writes any part of a buffer, as a copy", async () => {
    const backend = wasmSimd({ threads: 1 });
    for (
      const [dtype, data] of [
        ["float32", Float32Array.of(1, 2, 3, 4)],
        ["int32", Int32Array.of(1, 2, 3, 4)],
        ["bool", Uint8Array.of(1, 0, 1, 1)],
        ["float64", Float64Array.of(1, 2, 3, 4)],
      ] as const
    ) {
      const buffer = backend.alloc(dtype, 10);
      backend.write(buffer, 5, data);
      const read = await backend.read(buffer, 6, 2);
      assertEquals(read, data.slice(1, 3));
      assert(!(read.buffer instanceof SharedArrayBuffer));
      read[0] = 0;
      assertEquals(backend.readSync!(buffer, 5, 4), data);
      backend.free(buffer);
    }
  });
});
