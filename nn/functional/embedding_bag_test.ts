import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { grad, scope, tensor } from "@tenfold/core";
import { clean } from "../_testing.ts";
import { describeGradients } from "./_gradients_testing.ts";
import { embeddingBag } from "./embedding_bag.ts";

const bag = () => tensor([2, 0, 1, 2], { dtype: "int32" });

const offsets = () => tensor([0, 3, 3], { dtype: "int32" });

describeGradients({
  "embeddingBag sum": [
    [[3, 2], [4]],
    (w, scale) =>
      embeddingBag(bag(), w!, {
        offsets: offsets(),
        mode: "sum",
        perSampleWeights: scale!,
      }),
  ],
  "embeddingBag mean": [
    [[3, 2]],
    (w) => embeddingBag(bag(), w!, { offsets: offsets(), paddingIdx: 1 }),
  ],
  "embeddingBag max": [
    [[3, 2]],
    (w) => embeddingBag(bag(), w!, { offsets: offsets(), mode: "max" }),
  ],
});

describe("embeddingBag", () => {
  it(
    "takes weights of samples, as PyTorch 1.13 does",
    clean(() => {
      using _ = scope();
      const rows = [[1, 2], [3, 4], [5, 6], [7, 8]];
      const table = tensor(rows, { requiresGrad: true });
      const weights = tensor([0.5, -1, 2, 3, 1], { requiresGrad: true });
      const ids = tensor([0, 3, 1, 3, 2], { dtype: "int32" });
      const offsets = tensor([0, 2, 2, 4], { dtype: "int32" });
      const y = embeddingBag(ids, table, {
        offsets,
        mode: "sum",
        perSampleWeights: weights,
      });
      assertEquals(y.toArraySync(), [[-6.5, -7], [0, 0], [27, 32], [5, 6]]);
      const gradOutputs = [tensor(rows)];
      const [byTable, byWeights] = grad([y], [table, weights], {
        gradOutputs,
      });
      assertEquals(byTable!.toArraySync(), [
        ...[[0.5, 1], [10, 12], [7, 8], [14, 16]],
      ]);
      assertEquals(byWeights!.toArraySync(), [5, 23, 39, 83, 83]);
    }),
  );
});
