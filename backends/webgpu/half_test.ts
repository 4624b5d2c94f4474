import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { conformance } from "@tenfold/backends/conformance";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import {
  arange,
  cat,
  noGrad,
  setBackend,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/core";
import { HOST_DTYPES } from "@tenfold/core/backend";
import type { WebgpuBackend } from "./backend.ts";
import { webgpu } from "./mod.ts";
import { clean, describeWithAdapter } from "./testing.ts";

const half = HOST_DTYPES.includes("float16");

/** The bits of float16. */
const bitsOf = (data: Float16Array): Uint16Array =>
  new Uint16Array(data.buffer, data.byteOffset, data.length);

for (const shaderF16 of half ? [true, false] : []) {
  describeWithAdapter(`float16, the device's own ${shaderF16}`, () => {
    let backend: WebgpuBackend;
    let native: boolean;
    beforeAll(async () => {
      backend = await webgpu({ shaderF16 });
      await setBackend(backend);
      const before = backend.counters.bytes;
      using x = zeros([100_000], { dtype: "float16" });
      native = backend.counters.bytes - before < 300_000;
      assertEquals(x.size, 100_000);
    });
    afterAll(async () => {
      await setBackend(cpuTypedArray());
      backend.dispose();
    });

    it("takes two bytes where the device has it, else four", () => {
      if (!shaderF16) assert(!native);
    });

    it("is copied bit by bit", async () => {
      const all = new Uint16Array(65536).map((_, i) => i);
      const buffer = backend.alloc("float16", 65536);
      backend.write(buffer, 0, new Float16Array(all.buffer) as never);
      const read = await backend.read(buffer, 0, 65536) as Float16Array;
      backend.free(buffer);
      if (native) assertEquals(bitsOf(read), all);
      else {
        assert(
          read.every((x, i) => Object.is(x, new Float16Array(all.buffer)[i])),
        );
      }
    });

    it("is written and read at odd places, and nothing beside them", async () => {
      for (const size of [1, 2, 3, 7, 4097]) {
        const buffer = backend.alloc("float16", size);
        const expected = new Float16Array(size).map((_, i) => i % 100);
        backend.write(buffer, 0, expected as never);
        for (const [at, length] of [[0, 1], [1, 1], [1, 2], [3, 3], [2, 5]]) {
          if (at! + length! > size) continue;
          const part = new Float16Array(length!).fill(-at! - length!);
          backend.write(buffer, at!, part as never);
          expected.set(part, at);
          assertEquals(await backend.read(buffer, at!, length!), part as never);
        }
        assertEquals(await backend.read(buffer, 0, size), expected as never);
        const last = await backend.read(buffer, size - 1, 1);
        assertEquals(last[0], expected[size - 1]);
        backend.free(buffer);
      }
    });

    it(
      "what different invocations write side by side stays",
      clean(async () => {
        const x = arange(15 * 7, { dtype: "float16" }).reshape([15, 7]);
        const flat = (data: number[][]): number[] => data.flat();
        const rows = await x.toArray() as number[][];
        // Each element by an invocation of its own, at steps and backwards.
        assertEquals(
          await x.t().clone().t().toArray(),
          rows,
        );
        const joined = cat([
          x.slice(1, 0, 3),
          x.slice(1, 3, 4),
          x.slice(1, 4, 7),
        ], 1);
        assertEquals(await joined.toArray(), rows);
        const y = zeros([15 * 7], { dtype: "float16" });
        noGrad(() => {
          y.slice(0, 0, 105, 2).copy_(x.reshape([105]).slice(0, 0, 105, 2));
          y.slice(0, 1, 105, 2).copy_(x.reshape([105]).slice(0, 1, 105, 2));
        });
        assertEquals(await y.toArray(), flat(rows));
        noGrad(() => y.slice(0, 1, 104).add_(1));
        assertEquals(
          await y.toArray(),
          flat(rows).map((v, i) => i > 0 && i < 104 ? v + 1 : v),
        );
        const long = arange(2001, { dtype: "float16" });
        const many = cat([long, long, long, long, long]);
        assertEquals(await many.add(0).sum().item(), Infinity);
        assertEquals(
          await many.slice(0, 2001, 4002).eq(long).all().item(),
          1,
        );
        assertEquals(await many.slice(0, 1, 10005).sub(0).max().item(), 2000);
      }),
    );

    it(
      "is rounded to the nearest, in the middle to the even one",
      clean(async () => {
        const bits = new Uint16Array(31744).map((_, i) => i);
        const finite = [...new Float16Array(bits.buffer)];
        const between = finite.slice(1).flatMap((x, i) => {
          const middle = (finite[i]! + x) / 2;
          return [
            middle,
            -middle,
            middle * (1 + 2 ** -20),
            middle * (1 - 2 ** -20),
          ];
        });
        between.push(
          65519.99,
          65520,
          1e30,
          -65520,
          Infinity,
          NaN,
          -0,
          2 ** -25,
        );
        const single = Float32Array.from(between);
        for (const cut of [single, single.subarray(1, 1000)]) {
          const read = await tensor(cut).cast("float16").data() as Float16Array;
          const expected = new Float16Array(cut);
          assert(read.every((x, i) => Object.is(x, expected[i])));
        }
      }),
    );

    it(
      "is cast from and to bools and whole numbers",
      clean(async () => {
        const x: Tensor = tensor([0, 1, -2.5, 65504], { dtype: "float16" });
        assertEquals(await x.cast("bool").toArray(), [false, true, true, true]);
        assertEquals(await x.cast("int32").toArray(), [0, 1, -2, 65504]);
        const i = tensor([2049, -1, 70000], { dtype: "int32" });
        assertEquals(await i.cast("float16").toArray(), [2048, -1, Infinity]);
        const b = tensor([true, false]).cast("float16");
        assertEquals(await b.toArray(), [1, 0]);
      }),
    );
  });
}

describeWithAdapter("float16 without the device's own conforms", () => {
  conformance({
    backend: () => webgpu({ shaderF16: false }),
    describe,
    it: (name, body) => {
      if (half && /of float16$|^(maps|reductions)$/.test(name)) it(name, body);
    },
    every: 30,
  });
  if (!half) it("needs Float16Array", () => {});
});
