import { describe, it } from "@std/testing/bdd";
import { gradcheck, manualSeed, randn, type Tensor } from "@tenfold/core";
import { describeNorm } from "./_norm_testing.ts";
import { clean } from "./_testing.ts";
import { functionalCall } from "./functional_call.ts";
import { Linear } from "./linear.ts";
import { weightNorm } from "./weight_norm.ts";

describeNorm("weightNorm");

describe("weightNorm of functions", () => {
  it(
    "has gradients that differences agree with, twice",
    clean(async () => {
      manualSeed(4);
      for (const dim of [0, 1, null]) {
        using layer = weightNorm(new Linear(3, 2, { dtype: "float64" }), {
          dim,
        });
        const [, g, v] = layer.parameters().map((p) =>
          randn(p.shape, { dtype: "float64" }).requiresGrad_()
        ) as [Tensor, Tensor, Tensor];
        const x = randn([2, 3], { dtype: "float64" });
        const run = (weight_g: Tensor, weight_v: Tensor) =>
          functionalCall(layer, { weight_g, weight_v }, x);
        await gradcheck((g, v) => run(g!, v!), [g, v], { secondOrder: true });
      }
    }),
  );
});
