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
import { describeLayer } from "./_layer_testing.ts";
import {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
} from "./adaptive_pooling.ts";
import { clean } from "./_testing.ts";
import { adaptiveAvgPool2d } from "./functional/adaptive_pooling.ts";

describeLayer("AdaptiveAvgPool1d", {
  make: () => new AdaptiveAvgPool1d(3),
  inputs: [[2, 4, 7]],
  outputs: [[2, 4, 3]],
  shown: "AdaptiveAvgPool1d(outputSize=3)",
});

describeLayer("AdaptiveAvgPool2d", {
  make: () => new AdaptiveAvgPool2d([2, 3]),
  inputs: [[2, 4, 6, 5]],
  outputs: [[2, 4, 2, 3]],
  shown: "AdaptiveAvgPool2d(outputSize=[2, 3])",
});

describeLayer("AdaptiveAvgPool3d", {
  make: () => new AdaptiveAvgPool3d(2),
  inputs: [[2, 3, 4, 5, 3]],
  outputs: [[2, 3, 2, 2, 2]],
  shown: "AdaptiveAvgPool3d(outputSize=2)",
});

describeLayer("AdaptiveMaxPool1d", {
  make: () => new AdaptiveMaxPool1d(3),
  inputs: [[2, 4, 7]],
  outputs: [[2, 4, 3]],
  shown: "AdaptiveMaxPool1d(outputSize=3)",
});

describeLayer("AdaptiveMaxPool2d", {
  make: () => new AdaptiveMaxPool2d(2),
  inputs: [[2, 4, 6, 5]],
  outputs: [[2, 4, 2, 2]],
  shown: "AdaptiveMaxPool2d(outputSize=2)",
});

describeLayer("AdaptiveMaxPool3d", {
  make: () => new AdaptiveMaxPool3d(2),
  inputs: [[2, 3, 4, 5, 3]],
  outputs: [[2, 3, 2, 2, 2]],
  shown: "AdaptiveMaxPool3d(outputSize=2)",
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
          const y = adaptiveAvgPool2d(
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
      const y = adaptiveAvgPool2d(third, { outputSize: [3, 2] });
      for (const value of y.dataSync()) assertAlmostEquals(value, 1 / 3, 1e-15);
      manualSeed(3);
      await gradcheck(
        (x) => adaptiveAvgPool2d(x!, { outputSize: [3, 4] }),
        [randn([2, 5, 3], double)],
        { secondOrder: true },
      );
    }),
  );

  it(
    "has gradient 0 where a window does not reach, however steep the loss is",
    clean(() => {
      const x = zeros([1, 3, 1], { requiresGrad: true });
      const y = adaptiveAvgPool2d(x, { outputSize: [2, 1] });
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
          () => adaptiveAvgPool2d(zeros([1, 0, 4]), { outputSize }),
          ShapeError,
          "an input of 0x4",
        );
      }
    }),
  );

  it(
    "refuses an output without elements",
    clean(() =>
      void assertThrows(
        () => new AdaptiveAvgPool2d(0),
        RangeError,
        "outputSize",
      )
    ),
  );
});
