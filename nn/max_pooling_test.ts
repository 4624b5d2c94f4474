import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ShapeError, tensor, zeros } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { MaxPool1d, MaxPool2d, MaxPool3d } from "./max_pooling.ts";
import { clean } from "./_testing.ts";
import { maxPool2d } from "./functional/max_pooling.ts";

describeLayer("MaxPool1d", {
  make: () => new MaxPool1d(2),
  inputs: [[2, 3, 6]],
  outputs: [[2, 3, 3]],
  shown: "MaxPool1d(kernelSize=2)",
});

describeLayer("MaxPool2d", {
  make: () => new MaxPool2d(2),
  inputs: [[2, 4, 6, 6]],
  outputs: [[2, 4, 3, 3]],
  shown: "MaxPool2d(kernelSize=2, stride=2, padding=0)",
});

describeLayer("MaxPool3d", {
  make: () => new MaxPool3d(2, { stride: 1 }),
  inputs: [[1, 2, 3, 4, 5]],
  outputs: [[1, 2, 2, 3, 4]],
  shown: "MaxPool3d(kernelSize=2, stride=1)",
});

describe("max pooling", () => {
  it(
    "sends the gradient to the first of several equal elements",
    clean(() => {
      const x = zeros([1, 1, 2, 4], { requiresGrad: true });
      maxPool2d(x, { kernelSize: 2 }).sum().backward();
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
          () => maxPool2d(x, options),
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
      const y = maxPool2d(x, {
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
    }),
  );
});
