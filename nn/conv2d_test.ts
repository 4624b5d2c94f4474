import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { gradcheck, manualSeed, randn, ShapeError, zeros } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { clean } from "./_testing.ts";
import { Conv2d } from "./conv2d.ts";
import * as functional from "./functional/mod.ts";

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
      for (const paddingMode of ["zeros", "reflect", "circular"] as const) {
        assertThrows(
          () =>
            new Conv2d(1, 1, 3, { padding: "same", stride: 2, paddingMode }),
          RangeError,
          'Cannot make a Conv2d with padding "same" and stride [2, 2]: only a stride of 1 keeps the extents',
        );
      }
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

describeLayer("Conv2d", {
  make: () => new Conv2d(4, 2, 3, { padding: 1 }),
  inputs: [[2, 4, 6, 6]],
  outputs: [[2, 2, 6, 6]],
  state: { weight: [2, 4, 3, 3], bias: [2] },
  shown: "Conv2d(4, 2, kernelSize=[3, 3], stride=[1, 1], padding=1)",
});

describeLayer("Conv2d dilated", {
  make: () => new Conv2d(4, 2, 3, { dilation: [1, 2], bias: false, groups: 2 }),
  inputs: [[2, 4, 6, 6]],
  outputs: [[2, 2, 4, 2]],
  state: { weight: [2, 2, 3, 3] },
  shown:
    "Conv2d(4, 2, kernelSize=[3, 3], stride=[1, 1], padding=0, dilation=[1, 2], groups=2, bias=false)",
});

describeLayer("Conv2d around", {
  make: () => new Conv2d(4, 2, 3, { padding: 1, paddingMode: "circular" }),
  inputs: [[2, 4, 6, 6]],
  outputs: [[2, 2, 6, 6]],
  state: { weight: [2, 4, 3, 3], bias: [2] },
  shown:
    "Conv2d(4, 2, kernelSize=[3, 3], stride=[1, 1], padding=1, paddingMode=circular)",
});
