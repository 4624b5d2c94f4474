import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import { memory, type Tensor, tidy } from "@tenfold/core";
import { HOST_DTYPES } from "@tenfold/core/backend";
import type { WebgpuBackend } from "../backend.ts";
import { findGpu, openDevice } from "../open.ts";
import {
  describeWithAdapter,
  hasSubgroups,
  openWith,
  PROFILES,
  requestAdapter,
} from "../testing.ts";
import { assertSame, normal, onCpu } from "./testing.ts";

/** Declares a test in a scope that leaves nothing behind. */
function check(name: string, test: () => Promise<void>): void {
  it(name, async () => {
    const { tensors, buffers } = memory();
    await tidy(test);
    const after = memory();
    assertEquals([after.tensors, after.buffers], [tensors, buffers]);
  });
}

/** What a workgroup combines along rows. */
const combined = (x: Tensor): Tensor[] => [x.sum(1), x.max(1), x.min(1)];

describeWithAdapter("subgroups", () => {
  it("are asked for where the adapter and its WGSL have them", async () => {
    const gpu = await findGpu();
    for (const subgroups of [true, false]) {
      const adapter = await requestAdapter();
      const device = await openDevice(adapter, { gpu, subgroups });
      assertEquals(
        device.features.has("subgroups"),
        subgroups && hasSubgroups,
      );
      device.destroy();
    }
  });

  for (const subgroups of hasSubgroups ? [true, false] : [false]) {
    const title = subgroups ? "with" : "without";
    describe(`workgroups ${title} them`, () => {
      let gpu: WebgpuBackend;
      beforeAll(async () => {
        const profile = PROFILES["as on a graphics card"];
        gpu = await openWith({ ...profile, subgroups });
      });
      afterAll(() => gpu.dispose());

      check("reduce rows, whose ends few invocations have", async () => {
        // Read one by one, and four at a time.
        const x = normal(3, 1001).abs();
        await assertSame(gpu, [x], combined);
        await assertSame(gpu, [normal(3, 5000).abs()], (x) => x.sum(1));
        const whole = onCpu(
          Int32Array.from({ length: 3000 }, (_, i) => (i * 7919) % 1009 - 500),
          { shape: [3, 1000] },
        );
        await assertSame(gpu, [whole], (x) => [x.sum(1), x.max(1)]);
      });

      check("find NaN, infinities and zeros among floats", async () => {
        const rows = [NaN, Infinity, -Infinity, -0, 1e-40, -1e-40];
        const data = new Float32Array(rows.length * 600);
        rows.forEach((value, row) => {
          // Zeros among zeros, else among numbers of both signs.
          for (let i = 0; i < 600; i++) {
            data[row * 600 + i] = row === 3 ? -0 : row > 3 ? 0 : Math.sin(i);
          }
          data[row * 600 + 417] = value;
        });
        const x = onCpu(data, { shape: [rows.length, 600] });
        await assertSame(gpu, [x], (x) => [x.max(1), x.min(1)]);
        const sums = await (await x.to(gpu)).sum(1).data();
        assertEquals([...sums.slice(0, 3)], rows.slice(0, 3));
      });

      check("scale and sum up rows", async () => {
        for (const n of [1001, 3000]) {
          const x = normal(3, n);
          await assertSame(gpu, [x], (x) => [x.softmax(1), x.logSoftmax(1)]);
          await assertSame(gpu, [x.abs()], (x) => x.cumsum(1));
        }
        // Blocks whose parts are summed first.
        await assertSame(gpu, [normal(1, 20_011).abs()], (x) => x.cumsum(1));
        const whole = onCpu(
          Int32Array.from({ length: 9000 }, (_, i) => (i * 7919) % 1009),
          { shape: [2, 4500] },
        );
        await assertSame(gpu, [whole], (x) => x.cumsum(1));
      });

      if (HOST_DTYPES.includes("float16")) {
        check("take float16, and add in float32", async () => {
          const ones = onCpu(new Float32Array(6000).fill(1), {
            shape: [2, 3000],
            dtype: "float16",
          });
          const there = await ones.to(gpu);
          // Sums of float16 end at 2048, where a step is 2.
          assertEquals(await there.sum(1).toArray(), [3000, 3000]);
          const sums = await there.cumsum(1).data();
          assertEquals([sums[2046], sums[2050], sums[2999]], [
            2047,
            2052,
            3000,
          ]);
          const powers = await there.softmax(1).data();
          assertEquals(powers[0], Math.f16round(1 / 3000));
        });
      }
    });
  }
});
