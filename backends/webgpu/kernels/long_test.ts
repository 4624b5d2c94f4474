import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { assertEquals, assertThrows } from "@std/assert";
import { DeviceError, ones, zeros } from "@tenfold/core";
import { functional } from "@tenfold/nn";
import type { WebgpuBackend } from "../backend.ts";
import { describeWithAdapter, openWith } from "../testing.ts";
import { assertSame, normal, onCpu } from "./testing.ts";

/** More turns than llvmpipe gives to the loops of one invocation. */
const MANY = 66_000;

describeWithAdapter("webgpu kernels over much", () => {
  let gpu: WebgpuBackend;
  beforeAll(async () => {
    gpu = await openWith();
  });
  afterAll(() => gpu.dispose());

  it("need more workgroups than one dim of a dispatch has", async () => {
    const x = ones([5_000_003], { device: gpu }).add(1);
    assertEquals(await x.sum().item(), 10_000_006);
    assertEquals(await x.flip(0).slice(0, 0, 1).item(), 2);
  });

  describe("lose nothing of", () => {
    it("sums for which there are as many invocations as outputs", async () => {
      await assertSame(
        gpu,
        [normal(MANY, 64).abs()],
        (x) => [x.sum(0), x.mean(0), x.max(0)],
      );
    });

    it("sums of what loops itself", async () => {
      const x = onCpu(new Float32Array(MANY * 64).fill(7), {
        shape: [MANY, 64],
      });
      await assertSame(gpu, [x], (x) => x.remainder(4).sum(0));
    });

    it("rows whose running sums or extremes are wanted", async () => {
      const rows = Int32Array.from({ length: 64 * MANY }, (_, i) => i % MANY);
      const x = onCpu(rows, { shape: [64, MANY] });
      await assertSame(gpu, [x], (x) => [x.cumsum(1), x.argmax(1)]);
      await assertSame(gpu, [x.flatten()], (x) => [x.argmax(0), x.argmin(0)]);
    });

    it("softmax of very long rows", async () => {
      for (const [shape, dim] of [[[2, 300_000], 1], [[300_000, 3], 0]]) {
        await assertSame(gpu, [normal(...shape as number[])], (x) => [
          x.softmax(dim as number),
          x.logSoftmax(dim as number),
        ]);
      }
    });

    it("very many sources of one place", async () => {
      const index = onCpu(new Int32Array(MANY).fill(1));
      const x = onCpu([5, 6, 7], { dtype: "int32" });
      await assertSame(
        gpu,
        [x, index],
        (x, index) => x.scatterAdd(0, index, index),
      );
      const many = index.unsqueeze(1).expand([MANY, 80]).contiguous();
      await assertSame(
        gpu,
        [onCpu(new Int32Array(240), { shape: [3, 80] }), many],
        (x, index) => x.scatterAdd(0, index, index),
      );
    });

    it("very large windows", async () => {
      const plane = Int32Array.from({ length: 257 * 257 }, (_, i) => i);
      await assertSame(
        gpu,
        [onCpu(plane, { shape: [1, 1, 257, 257] }).cast("float32")],
        (x) => functional.maxPool2d(x, { kernelSize: 257 }),
      );
    });
  });

  it("are refused where positions cannot be counted", () => {
    const one = ones([1], { device: gpu });
    assertThrows(
      () => one.expand([2 ** 32]).sum(),
      DeviceError,
      "Cannot sum as it reduces 4294967296 elements to one",
    );
    const index = zeros([1], { dtype: "int32", device: gpu });
    assertThrows(
      () =>
        one.scatterAdd(
          0,
          index.expand([2 ** 31]),
          one.expand([2 ** 31]),
        ),
      DeviceError,
      "Cannot scatterAdd as its loop has 2147483648 positions",
    );
  });
});
