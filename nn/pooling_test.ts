import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  full,
  gradcheck,
  manualSeed,
  randn,
  ShapeError,
  tensor,
  zeros,
} from "@tenfold/core";
import { clean } from "./_testing.ts";
import * as functional from "./functional/mod.ts";
import { AdaptiveAvgPool2d } from "./adaptive_pooling.ts";
import { AvgPool2d } from "./average_pooling.ts";
import { MaxPool2d } from "./max_pooling.ts";

describe("pooling", () => {
  it(
    "sends the gradient to the first of several equal elements",
    clean(() => {
      const x = zeros([1, 1, 2, 4], { requiresGrad: true });
      functional.maxPool2d(x, { kernelSize: 2 }).sum().backward();
      assertEquals(x.grad!.toArraySync(), [[[[1, 0, 1, 0], [0, 0, 0, 0]]]]);
    }),
  );

  it(
    "refuses windows whose places all lie in the padding",
    clean(() => {
      const cases = [
        // Rows 1 apart of 2 places 2 apart: both beside the one row.
        {
          shape: [1, 1, 3],
          window: 0,
          along: "height",
          options: {
            kernelSize: [2, 3],
            stride: 1,
            padding: [1, 1],
            dilation: [2, 1],
          },
        },
        {
          shape: [1, 3, 1],
          window: 0,
          along: "width",
          options: {
            kernelSize: [3, 2],
            stride: 1,
            padding: 1,
            dilation: [1, 2],
          },
        },
        {
          shape: [1, 2, 2],
          window: 0,
          along: "height",
          options: {
            kernelSize: 2,
            stride: 2,
            padding: 1,
            dilation: 3,
            ceilMode: true,
          },
        },
        {
          shape: [1, 0, 4],
          window: 0,
          along: "height",
          options: {
            kernelSize: 2,
            padding: 1,
          },
        },
      ] as const;
      for (const { shape, window, along, options } of cases) {
        const x = zeros([...shape], { requiresGrad: true });
        assertThrows(
          () => functional.maxPool2d(x, options),
          ShapeError,
          `all places of window ${window} along the ${along} lie in the padding`,
        );
      }
    }),
  );

  it(
    "finds the one place of a dilated window that is not padding",
    clean(() => {
      const x = tensor([[[1, 2], [3, 4]]], { requiresGrad: true });
      const y = functional.maxPool2d(x, {
        kernelSize: 2,
        stride: 1,
        padding: 1,
        dilation: 2,
      });
      assertEquals(y.toArraySync(), [[[4, 3], [2, 1]]]);
      y.mul(tensor([[[1, 10], [100, 1000]]])).sum().backward();
      assertEquals(x.grad!.toArraySync(), [[[1000, 100], [10, 1]]]);
    }),
  );

  it(
    "names windows that do not fit",
    clean(() => {
      assertThrows(
        () => new MaxPool2d(3).forward(zeros([1, 2, 2])),
        ShapeError,
        "an input of 2x2",
      );
      assertThrows(
        () => new MaxPool2d(2, { padding: 2 }).forward(zeros([1, 4, 4])),
        ShapeError,
        "at most half of the window",
      );
      assertThrows(
        () => new AvgPool2d(5).forward(zeros([1, 2, 2])),
        ShapeError,
        "no window fits",
      );
      assertThrows(() => new AdaptiveAvgPool2d(0), RangeError, "outputSize");
    }),
  );
});

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
