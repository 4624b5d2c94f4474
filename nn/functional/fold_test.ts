import { describeGradients } from "./_gradients_testing.ts";
import { fold, unfold } from "./fold.ts";

describeGradients({
  unfold: [[[1, 1, 4, 3]], (x) => unfold(x!, { kernelSize: 2, padding: 1 })],
  fold: [[[1, 4, 6]], (x) => fold(x!, { outputSize: [4, 3], kernelSize: 2 })],
});
