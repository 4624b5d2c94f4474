import { tensor } from "@tenfold/core";
import { describeGradients } from "./_gradients_testing.ts";
import { embedding } from "./embedding.ts";

const bag = () => tensor([2, 0, 1, 2], { dtype: "int32" });

describeGradients({
  embedding: [[[3, 2]], (w) => embedding(bag(), w!)],
});
