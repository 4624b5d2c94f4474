import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  gradcheck,
  manualSeed,
  ones,
  randn,
  scope,
  ShapeError,
  type Tensor,
  tensor,
  type TensorOptions,
} from "@tenfold/core";
import { jvp } from "@tenfold/core/func";
import { clean } from "../_testing.ts";
import * as nn from "../mod.ts";
import { describeGradients } from "./_gradients_testing.ts";
import { scaledDotProductAttention } from "./attention.ts";

const double: TensorOptions = { dtype: "float64", requiresGrad: true };

describe("scaledDotProductAttention", () => {
  it(
    "has gradients of both orders, masked or not",
    clean(async () => {
      manualSeed(2);
      const q = randn([2, 3, 2], double);
      const k = randn([2, 4, 2], double);
      const v = randn([2, 4, 3], double);
      const mask = tensor([true, false, true, true]);
      const bias = randn([3, 4], double);
      const attend = nn.functional.scaledDotProductAttention;
      const secondOrder = { secondOrder: true };
      await gradcheck(
        (q, k, v) => attend(q!, k!, v!, { mask, isCausal: true }),
        [q, k, v],
        secondOrder,
      );
      await gradcheck(
        (q, k, v, bias) => attend(q!, k!, v!, { mask: bias!, scale: 0.7 }),
        [q, k, v, bias],
        secondOrder,
      );
    }),
  );

  it(
    "lets a query see only what is before it",
    clean(() => {
      manualSeed(4);
      const attend = nn.functional.scaledDotProductAttention;
      const [q, k, v] = [randn([3, 2]), randn([3, 2]), randn([3, 2])];
      const causal = attend(q, k, v, { isCausal: true });
      assertEquals(
        causal.select(0, 0).toArraySync(),
        v.select(0, 0).toArraySync(),
      );
      assertThrows(
        () => attend(q, ones([3, 4]), v),
        ShapeError,
        "Cannot apply scaledDotProductAttention",
      );
    }),
  );

  it(
    "has tangents where its scores are many",
    clean(() => {
      manualSeed(5);
      using _ = scope();
      const [q, k] = [randn([1025, 1]), randn([1024, 1])];
      const v = randn([1024, 1]);
      // What is linear in the values is its own tangent.
      const attend = (v: Tensor) => scaledDotProductAttention(q, k, v);
      const [out, tangent] = jvp(attend, [v], [v]) as [Tensor, Tensor];
      assertEquals(out.sub(tangent).abs().max().itemSync(), 0);
    }),
  );
});

describeGradients({
  scaledDotProductAttention: [
    [[1, 2, 3, 2], [1, 2, 3, 2], [1, 2, 3, 2]],
    (q, k, v) => scaledDotProductAttention(q!, k!, v!, { isCausal: true }),
  ],
});
