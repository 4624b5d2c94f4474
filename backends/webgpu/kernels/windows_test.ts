import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { assertEquals, assertThrows } from "@std/assert";
import {
  arange,
  type Backend,
  cat,
  DeviceError,
  full,
  grad,
  manualSeed,
  rand,
  type Tensor,
  zeros,
} from "@tenfold/core";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { functional } from "@tenfold/nn";
import type { WebgpuBackend } from "../backend.ts";
import { describeWithAdapter, openWith } from "../testing.ts";
import { assertSame, normal, onCpu } from "./testing.ts";

/** Bytes of a binding: tensors of 4,096 elements, and no more. */
const MOST = 16384;

describeWithAdapter("webgpu tensors that one binding does not hold", () => {
  for (const software of [true, false]) {
    const title = software ? "on a processor" : "on a graphics card";
    let gpu: WebgpuBackend;
    beforeAll(async () => {
      gpu = await openWith({
        maxBindingBytes: MOST,
        maxBufferBytes: 2 ** 22,
        ...software
          ? { software }
          : { software, invocations: 4096, workgroup: 256 },
      });
    });
    afterAll(() => gpu.dispose());

    it(`are written, read, filled and counted up ${title}`, async () => {
      const data = Float32Array.from({ length: 30_001 }, (_, i) => i);
      await assertSame(gpu, [onCpu(data)], (x) => [x, x.slice(0, 9000, 9003)]);
      const made = [
        full([100, 300], 7, { device: gpu }),
        arange(30_000, { device: gpu }).reshape([100, 300]),
        zeros([100, 300], { dtype: "int32", device: gpu }).add(5),
      ];
      const [sevens, counted, fives] = await Promise.all(
        made.map((x) => x.data()),
      );
      assertEquals([...new Set(sevens)], [7]);
      assertEquals([...counted!], [...data.subarray(0, 30_000)]);
      assertEquals([...new Set(fives)], [5]);
    });

    it(`hold the random numbers that a seed gives everywhere ${title}`, async () => {
      const draw = (device: Backend) => {
        manualSeed(5);
        return rand([40, 500], { device }).data();
      };
      const [here, there] = await Promise.all([cpuTypedArray(), gpu].map(draw));
      assertEquals([...there!], [...here!]);
    });

    it(`are computed element by element, cast and copied ${title}`, async () => {
      const [x, y] = [normal(130, 140), normal(140, 130)];
      await assertSame(gpu, [x, y, normal(140)], (x, y, row) => [
        x.add(1),
        x.mul(row).sub(x.slice(1, 0, 1)),
        x.t().add(y),
        x.flip(0).exp(),
        x.gt(0).logicalAnd(x.lt(1)),
        x.mul(10).cast("int32").cast("float32"),
        cat([x, y.t()], 0),
        x.permute([1, 0]).contiguous(),
        x.pad([1, 2, 0, 3]),
        x.slice(1, 7, 131).neg(),
      ]);
      await assertSame(gpu, [normal(5, 64, 67)], (x) => [
        x.permute([2, 0, 1]).abs(),
        x.permute([1, 2, 0]).add(x.permute([1, 2, 0])),
        x.tril(),
      ]);
    });

    it(`are changed in place ${title}`, async () => {
      await assertSame(gpu, [normal(200, 90), normal(90)], (x, row) => {
        const y = x.mul(1);
        y.add_(row);
        y.mul_(y);
        y.slice(0, 20, 180).fill_(3);
        y.slice(1, 0, 40).copy_(x.slice(1, 50, 90));
        return y;
      });
    });

    it(`are reduced, whole and along each dim ${title}`, async () => {
      const x = normal(130, 140).abs();
      await assertSame(gpu, [x, normal(40_000).abs()], (x, long) => [
        x.sum(),
        x.sum(0),
        x.sum(1),
        x.max(0),
        x.min(),
        x.mean(1),
        x.variance(0),
        x.variance(),
        x.norm(),
        x.norm(1),
        x.t().sum(0),
        x.logsumexp(1),
        long.sum(),
        long.max(),
        long.norm(),
        x.gt(1).any(),
      ], 4e-6);
      await assertSame(
        gpu,
        [normal(6, 70, 50)],
        (x) => [x.sum([0, 2]), x.sum(1), x.max([1, 2]), x.sum([0, 1])],
        4e-6,
      );
      await assertSame(gpu, [normal(9000, 2)], (x) => [
        x.sum(1),
        x.mul(1e20).norm(0),
      ], 4e-6);
    });

    it(`are reduced row by row ${title}`, async () => {
      await assertSame(gpu, [normal(70, 300)], (x) => [
        x.softmax(1),
        x.logSoftmax(1),
        x.cumsum(1),
        x.argmax(1),
        x.sort(1).values,
        functional.layerNorm(x, { normalizedShape: [300] }),
      ], 1e-5);
    });

    it(`are multiplied by rows and by matrices ${title}`, async () => {
      const loss = (x: Tensor, w: Tensor) => {
        const inputs = [x, w].map((t) => t.requiresGrad_());
        const y = inputs[0]!.matmul(inputs[1]!);
        return [y.detach(), ...grad(y.mul(y).sum(), inputs)];
      };
      await assertSame(gpu, [normal(700, 30), normal(30, 20)], loss, 1e-5);
      await assertSame(
        gpu,
        [normal(30, 20, 40), normal(30, 40, 8), normal(8)],
        (x, w, bias) => x.matmul(w).add(bias),
        1e-5,
      );
    });

    it(`are convolved and pooled image by image ${title}`, async () => {
      await assertSame(
        gpu,
        [normal(24, 3, 20, 20), normal(5, 3, 3, 3)],
        (x, w) => {
          const y = functional.conv2d(x, w, null, { padding: 1 });
          return [y, functional.maxPool2d(y, { kernelSize: 2 })];
        },
        1e-5,
      );
    });

    it(`are refused, with the limit, by what cannot be divided ${title}`, async () => {
      const x = zeros([5000], { device: gpu });
      for (
        const act of [
          () => x.sort(0),
          () => x.cumsum(0),
          () => x.gather(0, zeros([3], { dtype: "int32", device: gpu })),
          () => x.slice(0, 0, 1).unsqueeze(1).matmul(x.unsqueeze(0)),
        ]
      ) {
        assertThrows(
          act,
          DeviceError,
          "the adapter binds at most 16384 bytes",
        );
      }
      assertEquals(await x.add(2).sum().item(), 10_000);
    });
  }
});
