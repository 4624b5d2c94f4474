import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { arange, fused, scope, setBackend } from "@tenfold/core";
import { arg, call } from "@tenfold/core/backend";
import { ALL_PARTS } from "./all_parts.ts";
import { ArgumentLayout } from "./arguments.ts";
import { WasmSimd } from "./backend.ts";
import { probeFeatures } from "./features.ts";
import { LinearMemory } from "./memory.ts";

const features = probeFeatures();
const sumOf = fused(
  "sum of many",
  (xs) => xs.reduce((p, q) => call("add", p, q)),
);

describe("the arguments of a kernel", () => {
  for (const threads of features.sharedMemory ? [1, 2] : [1]) {
    it(`may be many: 60 operands of 6 dims, threads: ${threads}`, async () => {
      const memory = new LinearMemory(threads > 1);
      const backend = new WasmSimd(features, memory, {
        threads,
        parts: ALL_PARTS,
      });
      if (threads > 1) assert(backend.pool!.awaitStart(20_000));
      await setBackend(backend);
      try {
        using _ = scope();
        // Dims in another order each, so that none of them can be merged.
        const orders = [[5, 4, 3, 2, 1, 0], [1, 0, 3, 2, 5, 4], [
          2,
          3,
          4,
          5,
          0,
          1,
        ]];
        const dense = arange(8 ** 6, { dtype: "float32" }).reshape(
          new Array(6).fill(8),
        );
        const inputs = Array.from(
          { length: 60 },
          (_, i) => dense.permute(orders[i % orders.length]!),
        );
        const got = sumOf.map(inputs).dataSync();
        const want = orders
          .map((order) => dense.permute(order).mul(20))
          .reduce((a, b) => a.add(b)).dataSync();
        assertEquals(got, want);
        // The threads are still in order.
        assertEquals(backend.pool?.failure ?? null, null);
        assertEquals(dense.mul(0).add(1).sum().itemSync(), 8 ** 6);
      } finally {
        backend.dispose();
      }
    });
  }

  it("are refused where they would reach into other memory", () => {
    const expr = arg(0, "float32");
    new ArgumentLayout(new Array(60).fill("float32"), 100, [expr]);
    assertThrows(
      () => new ArgumentLayout(new Array(80).fill("float32"), 100, [expr]),
      RangeError,
      "80 operands, 100 dims",
    );
  });
});
