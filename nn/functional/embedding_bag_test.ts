import { tensor } from "@tenfold/core";
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
