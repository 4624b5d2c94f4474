import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  gradcheck,
  IndexError,
  manualSeed,
  ones,
  randn,
  ShapeError,
  tensor,
  zeros,
} from "@tenfold/core";
import { clean } from "./_testing.ts";
import { BatchNorm1d, BatchNorm2d } from "./batch_norm.ts";
import { Conv2d } from "./conv2d.ts";
import { Embedding } from "./embedding.ts";
import * as functional from "./functional/mod.ts";
import { AdaptiveAvgPool2d, AvgPool2d, MaxPool2d } from "./pooling.ts";

describe("Conv2d", () => {
  it(
    "keeps height and width with padding same",
    clean(() => {
      using layer = new Conv2d(2, 3, [4, 3], { padding: "same", dilation: 2 });
      assertEquals(layer.forward(randn([1, 2, 9, 8])).shape, [1, 3, 9, 8]);
      assertThrows(
        () =>
          functional.conv2d(zeros([1, 1, 4, 4]), zeros([1, 1, 2, 2]), null, {
            padding: "same",
            stride: 2,
          }),
        RangeError,
        "stride [2, 2]",
      );
    }),
  );

  it(
    "names kernels, channels and groups that do not fit",
    clean(() => {
      using layer = new Conv2d(3, 4, 5);
      assertThrows(
        () => layer.forward(zeros([1, 3, 4, 8])),
        ShapeError,
        "an input of 4x8, padded by [0, 0], with a kernel of 5x5",
      );
      assertThrows(
        () => layer.forward(zeros([1, 2, 8, 8])),
        ShapeError,
        "got input [1, 2, 8, 8] and weight [4, 3, 5, 5]",
      );
      assertThrows(() => layer.forward(zeros([8, 8])), ShapeError, "[8, 8]");
      assertThrows(
        () => new Conv2d(3, 4, 3, { groups: 2 }),
        ShapeError,
        "2 groups as they must divide the channels: got 3 in and 4 out",
      );
      assertThrows(() => new Conv2d(3, 4, 0), RangeError, "kernelSize");
    }),
  );

  it(
    "differentiates twice",
    clean(async () => {
      manualSeed(1);
      const double = { dtype: "float64", requiresGrad: true } as const;
      await gradcheck(
        (x, w) => functional.conv2d(x!, w!, null, { stride: 2, padding: 1 }),
        [randn([2, 2, 5, 4], double), randn([3, 2, 3, 3], double)],
        { secondOrder: true },
      );
    }),
  );
});

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
    "finds the one place of a dilated window that is no padding",
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

describe("batch norm", () => {
  it(
    "uses running figures in evaluation",
    clean(async () => {
      manualSeed(2);
      using layer = new BatchNorm1d(2, { momentum: 1 });
      const x = randn([50, 2]).mul(3).add(1);
      layer.forward(x);
      layer.eval();
      const y = layer.forward(x);
      assertAlmostEquals(await y.mean().item(), 0, 1e-5);
      assertAlmostEquals(await y.std().item(), 1, 0.02);
      assertEquals(await layer.num_batches_tracked!.item(), 1);
    }),
  );

  it(
    "refuses a training batch of one and wrong channels",
    clean(() => {
      using vectors = new BatchNorm1d(3);
      assertThrows(
        () => vectors.forward(ones([1, 3])),
        ShapeError,
        "BatchNorm1d in training to one value a channel",
      );
      assertEquals(vectors.eval().forward(ones([1, 3])).shape, [1, 3]);
      using images = new BatchNorm2d(3);
      assertThrows(
        () => images.forward(ones([2, 4, 5, 5])),
        ShapeError,
        "BatchNorm2d of 3 features to shape [2, 4, 5, 5]",
      );
    }),
  );
});

describe("Embedding", () => {
  it(
    "names an index that is out of range",
    clean(() => {
      using table = new Embedding(5, 2);
      assertThrows(
        () => table.forward(tensor([1, 5], { dtype: "int32" })),
        IndexError,
        "Cannot apply embedding as an index is out of range: got 5, expected 0 to 4",
      );
      assertThrows(
        () => new Embedding(5, 2, { paddingIdx: 5 }),
        IndexError,
        "got 5 for 5 rows",
      );
    }),
  );
});
