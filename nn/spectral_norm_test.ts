import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { grad, manualSeed, noGrad, ones, type Tensor } from "@tenfold/core";
import { describeNorm } from "./_norm_testing.ts";
import { clean } from "./_testing.ts";
import { Linear } from "./linear.ts";
import { spectralNorm } from "./spectral_norm.ts";

const list = (x: Tensor) => [...x.dataSync()];

describeNorm("spectralNorm");

describe("spectralNorm in training", () => {
  it(
    "iterates in training alone, and lets backward of earlier calls run",
    clean(() => {
      manualSeed(5);
      using layer = spectralNorm(new Linear(4, 3));
      const { weight_u } = layer.stateDict() as { weight_u: Tensor };
      const before = list(weight_u);
      layer.eval();
      layer.forward(ones([1, 4]));
      assertEquals(list(weight_u), before);
      layer.train();
      const first = layer.forward(ones([1, 4]));
      const after = list(weight_u);
      assertEquals(after.some((x, i) => x !== before[i]), true);
      layer.forward(ones([1, 4]));
      grad(first.sum(), layer.parameters());
      for (let i = 0; i < 60; i++) noGrad(() => layer.forward(ones([1, 4])));
      layer.eval();
      const weight = layer.weight;
      const gram = weight.matmul(weight.t());
      let u = ones([3]);
      for (let i = 0; i < 60; i++) {
        u = gram.matmul(u);
        u = u.div(u.norm());
      }
      assertAlmostEquals(gram.matmul(u).norm().itemSync(), 1, 1e-4);
    }),
  );
});
