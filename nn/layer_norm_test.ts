import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  gradcheck,
  manualSeed,
  ones,
  randn,
  ShapeError,
  tensor,
  type TensorOptions,
} from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { clean } from "./_testing.ts";
import * as nn from "./mod.ts";
import { LayerNorm } from "./layer_norm.ts";

const double: TensorOptions = { dtype: "float64", requiresGrad: true };

describe("LayerNorm", () => {
  it(
    "has gradients of both orders by input, weight and bias",
    clean(async () => {
      manualSeed(5);
      const [w, b] = [randn([2, 3], double), randn([2, 3], double)];
      for (const shape of [[4, 2, 3], [2, 3], [2, 1, 2, 3]]) {
        await gradcheck(
          (x, w, b) => nn.functional.layerNorm(x!, w, b, { eps: 0.1 }),
          [randn(shape, double), w, b],
          { secondOrder: true },
        );
      }
      const bare = { normalizedShape: [3], eps: 0.1 };
      await gradcheck(
        (x) => nn.functional.layerNorm(x!, null, null, bare),
        [randn([4, 3], double)],
        { secondOrder: true },
      );
      await gradcheck(
        (w) => nn.functional.layerNorm(ones([2, 3], { dtype: "float64" }), w),
        [randn([3], double)],
      );
    }),
  );

  it(
    "gives back ones and zeros when it is reset",
    clean(() => {
      using layer = new nn.LayerNorm([2, 2], { bias: false });
      assertEquals([layer.weight!.shape, layer.bias], [[2, 2], null]);
      nn.init.constant_(layer.weight!, 5);
      layer.resetParameters();
      assertEquals(layer.weight!.toArraySync(), [[1, 1], [1, 1]]);
      assertEquals(
        String(layer),
        "LayerNorm(normalizedShape=[2, 2], eps=0.00001, elementwiseAffine=true)",
      );
    }),
  );

  it(
    "refuses shapes that do not fit",
    clean(() => {
      using layer = new nn.LayerNorm(4);
      assertThrows(() => layer.forward(ones([2, 3])), ShapeError, "[2, 3]");
      assertThrows(() => layer.forward(tensor(1)), ShapeError);
      assertThrows(() => new nn.LayerNorm([]), RangeError, "normalizedShape");
      assertThrows(() => new nn.LayerNorm(0), RangeError, "normalizedShape");
      const { layerNorm } = nn.functional;
      assertThrows(() => layerNorm(ones([3])), ShapeError, "without dims");
      assertThrows(
        () => layerNorm(ones([3]), ones([3]), ones([2])),
        ShapeError,
        "the bias must have the normalised shape",
      );
    }),
  );
});

describeLayer("LayerNorm", {
  make: () => new LayerNorm(4),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  state: { weight: [4], bias: [4] },
  shown: "LayerNorm(normalizedShape=[4], eps=0.00001, elementwiseAffine=true)",
});
