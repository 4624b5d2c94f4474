import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, ones } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { clean } from "./_testing.ts";
import * as nn from "./mod.ts";
import { Dropout } from "./dropout.ts";

describe("Dropout", () => {
  it(
    "drops its share in training, keeps the mean, and follows the seed",
    clean(() => {
      const layer = new nn.Dropout({ p: 0.25 });
      const x = ones([40, 100], { requiresGrad: true });
      manualSeed(11);
      const y = layer.forward(x);
      const dropped = y.eq(0).cast("float32").mean().itemSync();
      assertAlmostEquals(dropped, 0.25, 0.03);
      assertAlmostEquals(y.max().itemSync(), 4 / 3, 1e-6);
      y.sum().backward();
      assertEquals(x.grad!.toArraySync(), y.toArraySync());
      manualSeed(11);
      assertEquals(layer.forward(x).toArraySync(), y.toArraySync());
      assertEquals(layer.eval().forward(x), x);
    }),
  );

  it(
    "refuses what is not a probability",
    clean(() => {
      for (const p of [-0.1, 1.5, NaN]) {
        assertThrows(() => new nn.Dropout({ p }), RangeError, "from 0 to 1");
        assertThrows(() => nn.functional.dropout(ones([1]), { p }), RangeError);
      }
    }),
  );
});

describeLayer("Dropout", {
  make: () => new Dropout({ p: 0.3 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Dropout(p=0.3)",
});
