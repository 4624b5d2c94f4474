import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { gradcheck, randn, scope, type Tensor } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { RotaryEmbedding, SinusoidalPositions } from "./positions.ts";
import { clean } from "./_testing.ts";

describeLayer("SinusoidalPositions", {
  make: () => new SinusoidalPositions(4),
  inputs: [[2, 3, 4]],
  outputs: [[2, 3, 4]],
  shown: "SinusoidalPositions(4, base=10000)",
});

describeLayer("RotaryEmbedding", {
  make: () => new RotaryEmbedding(4),
  inputs: [[2, 3, 4]],
  outputs: [[2, 3, 4]],
  shown: "RotaryEmbedding(4, base=10000)",
});

const far = (a: Tensor, b: Tensor) => a.sub(b).abs().max().itemSync();

describe("rotary positions", () => {
  it(
    "have gradients that differences agree with",
    clean(async () => {
      using _ = scope();
      const x = randn([2, 3, 4], { dtype: "float64", requiresGrad: true });
      const rotary = new RotaryEmbedding(4);
      await gradcheck((x) => rotary.forward(x!, { offset: 2 }), [x]);
    }),
  );

  it(
    "of queries and keys act by their distance alone",
    clean(() => {
      using _ = scope();
      const rotary = new RotaryEmbedding(6);
      const [q, k] = [randn([1, 6]), randn([1, 6])];
      const score = (a: number, b: number) =>
        rotary.forward(q, { offset: a }).mul(rotary.forward(k, { offset: b }))
          .sum();
      assert(far(score(3, 1), score(12, 10)) < 1e-5);
      assert(far(score(3, 1), score(12, 9)) > 1e-4);
    }),
  );
});
