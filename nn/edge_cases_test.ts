import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  full,
  gradcheck,
  manualSeed,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/core";
import { clean } from "./_testing.ts";
import { BatchNorm1d, BatchNorm2d } from "./batch_norm.ts";
import * as functional from "./functional/mod.ts";

describe("adaptive average pooling", () => {
  /** The mean of each window, element by element. */
  const expected = (
    x: readonly number[][],
    [h, w]: readonly [number, number],
  ): number[][] => {
    const span = (i: number, n: number, extent: number) =>
      [Math.floor(i * extent / n), Math.ceil((i + 1) * extent / n)] as const;
    return Array.from(
      { length: h },
      (_, i) =>
        Array.from({ length: w }, (_, j) => {
          const rows = x.slice(...span(i, h, x.length));
          const all = rows.flatMap((row) =>
            row.slice(...span(j, w, row.length))
          );
          return all.reduce((a, b) => a + b, 0) / all.length;
        }),
    );
  };

  it(
    "keeps infinities and NaN in the windows that cover them",
    clean(() => {
      const sizes = [[3, 2], [5, 5], [4, 7], [7, 3], [2, 9], [10, 1]] as const;
      for (const special of [Infinity, -Infinity, NaN, 1e30]) {
        const values = Array.from(
          { length: 7 },
          (_, i) => Array.from({ length: 7 }, (_, j) => (i * 7 + j) % 5),
        );
        values[3]![2] = special;
        for (const size of sizes) {
          const y = functional.adaptiveAvgPool2d(
            tensor([values], { dtype: "float64" }),
            { outputSize: [...size] },
          );
          const wanted = expected(values, size).flat();
          [...y.dataSync()].forEach((found, k) => {
            const e = wanted[k]!;
            if (Number.isFinite(e)) {
              assertAlmostEquals(found / (e || 1), e ? 1 : 0, 1e-14);
            } else assertEquals(found, e, `${size}, ${k}`);
          });
        }
      }
    }),
  );

  it(
    "loses no digits of float64, and differentiates twice",
    clean(async () => {
      const double = { dtype: "float64", requiresGrad: true } as const;
      const third = full([1, 5, 5], 1 / 3, double);
      const y = functional.adaptiveAvgPool2d(third, { outputSize: [3, 2] });
      for (const value of y.dataSync()) assertAlmostEquals(value, 1 / 3, 1e-15);
      manualSeed(3);
      await gradcheck(
        (x) => functional.adaptiveAvgPool2d(x!, { outputSize: [3, 4] }),
        [randn([2, 5, 3], double)],
        { secondOrder: true },
      );
    }),
  );

  it(
    "has gradient 0 where a window does not reach, however steep the loss is",
    clean(() => {
      const x = zeros([1, 3, 1], { requiresGrad: true });
      const y = functional.adaptiveAvgPool2d(x, { outputSize: [2, 1] });
      // The windows are rows 0 and 1, and rows 1 and 2.
      y.select(1, 0).sqrt().sum().backward();
      assertEquals(x.grad!.flatten().toArraySync(), [Infinity, Infinity, 0]);
    }),
  );

  it(
    "refuses an input without height or width",
    clean(() => {
      for (const outputSize of [1, 2]) {
        assertThrows(
          () => functional.adaptiveAvgPool2d(zeros([1, 0, 4]), { outputSize }),
          ShapeError,
          "an input of 0x4",
        );
      }
    }),
  );
});

describe("an empty batch", () => {
  it(
    "leaves the running figures of batch norm alone, as in PyTorch",
    clean(() => {
      const x = tensor([[1, 2], [3, 4]]);
      for (const momentum of [0.1, 1, null]) {
        const [layer, other] = [0, 0].map(() =>
          new BatchNorm1d(2, { momentum })
        );
        for (const l of [layer!, other!]) l.forward(x);
        for (const shape of [[0, 2], [0, 2, 5], [3, 2, 0]]) {
          const none = zeros(shape, { requiresGrad: true });
          const y = layer!.forward(none);
          assertEquals(y.shape, shape);
          y.sum().backward();
          assertEquals(none.grad!.shape, shape);
        }
        assertEquals(layer!.weight!.grad!.toArraySync(), [0, 0]);
        assertEquals(layer!.bias!.grad!.toArraySync(), [0, 0]);
        for (const name of ["running_mean", "running_var"] as const) {
          assertEquals(
            layer![name]!.toArraySync(),
            other![name]!.toArraySync(),
          );
        }
        assertEquals(layer!.num_batches_tracked!.itemSync(), 4);
        assert(layer!.eval().forward(x).isFinite().all().itemSync());
        layer!.dispose();
        other!.dispose();
      }
      const images = new BatchNorm2d(3);
      images.forward(zeros([0, 3, 4, 4]));
      assertEquals(images.running_var!.toArraySync(), [1, 1, 1]);
      images.dispose();
    }),
  );

  it(
    "goes through the other layers, forward and backward",
    clean(() => {
      const options = { requiresGrad: true } as const;
      const w = ones([2, 3, 2, 2], options);
      const calls: [(x: Tensor) => Tensor, number[], number[]][] = [
        [(x) => functional.conv2d(x, w), [0, 3, 4, 4], [0, 2, 3, 3]],
        [(x) => functional.maxPool2d(x, { kernelSize: 2 }), [0, 3, 4, 4], [
          0,
          3,
          2,
          2,
        ]],
        [(x) => functional.avgPool2d(x, { kernelSize: 2 }), [0, 3, 4, 4], [
          0,
          3,
          2,
          2,
        ]],
        [
          (x) => functional.adaptiveAvgPool2d(x, { outputSize: 3 }),
          [0, 3, 4, 5],
          [0, 3, 3, 3],
        ],
        [
          (x) => functional.layerNorm(x, { normalizedShape: [3] }),
          [0, 3],
          [0, 3],
        ],
        [(x) => functional.linear(x, ones([2, 3])), [0, 3], [0, 2]],
        [(x) => x.softmax(-1), [0, 3], [0, 3]],
        [(x) => x.std(1), [0, 3], [0]],
        [(x) => x.norm(1, { p: 3 }), [0, 3], [0]],
      ];
      for (const [call, shape, expected] of calls) {
        const x = zeros(shape, options);
        const y = call(x);
        assertEquals(y.shape, expected);
        y.sum().backward();
        assertEquals(x.grad!.shape, shape);
      }
      assertEquals(w.grad!.square().sum().itemSync(), 0);
    }),
  );
});

describe("functions without their weights", () => {
  it(
    "take options in the place of a bias or of weights",
    clean(() => {
      manualSeed(5);
      const [x, w] = [randn([1, 2, 5, 5]), randn([3, 2, 3, 3])];
      const options = { padding: 1, stride: 2 } as const;
      assertEquals(
        functional.conv2d(x, w, options).toArraySync(),
        functional.conv2d(x, w, null, options).toArraySync(),
      );
      const training = { training: true } as const;
      assertEquals(
        functional.batchNorm(x, training).toArraySync(),
        functional.batchNorm(x, null, null, training).toArraySync(),
      );
      const shape = { normalizedShape: [5] } as const;
      assertEquals(
        functional.layerNorm(x, shape).toArraySync(),
        functional.layerNorm(x, null, null, shape).toArraySync(),
      );
      const scale = ones([5]);
      assertEquals(
        functional.layerNorm(x, scale, { eps: 0.5 }).toArraySync(),
        functional.layerNorm(x, scale, null, { eps: 0.5 }).toArraySync(),
      );
    }),
  );

  it(
    "refuse anything else there",
    clean(() => {
      const [x, w] = [zeros([1, 1, 3, 3]), zeros([1, 1, 2, 2])];
      const conv2d = functional.conv2d as (...args: unknown[]) => unknown;
      for (const bias of [1, false, "same", [0]]) {
        assertThrows(
          () => conv2d(x, w, bias),
          TypeError,
          "Cannot apply conv2d as bias must be a tensor, or the options must stand last: got",
        );
      }
      assertThrows(() => conv2d(x, w, { stride: 1 }, { stride: 2 }), TypeError);
      assertThrows(() => conv2d(x, w, { pad: 1 }), Error, "pad");
    }),
  );
});
