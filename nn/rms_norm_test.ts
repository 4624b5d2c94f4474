import { describe, it } from "@std/testing/bdd";
import { gradcheck, randn, scope } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { RMSNorm } from "./rms_norm.ts";
import { clean } from "./_testing.ts";

describeLayer("RMSNorm", {
  make: () => new RMSNorm(4),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  state: { weight: [4] },
  shown: "RMSNorm([4])",
});

describe("RMSNorm", () => {
  it(
    "has gradients that differences agree with",
    clean(async () => {
      using _ = scope();
      const dtype = "float64";
      const x = randn([2, 3, 4], { dtype, requiresGrad: true });
      using norm = new RMSNorm(4, { dtype });
      await gradcheck((x) => norm.forward(x!), [x]);
    }),
  );
});
