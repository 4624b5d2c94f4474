import { describeLayer } from "./_layer_testing.ts";
import { Fold, Unfold } from "./fold.ts";

describeLayer("Unfold", {
  make: () => new Unfold([2, 3], { padding: 1 }),
  inputs: [[2, 3, 4, 5]],
  outputs: [[2, 18, 25]],
  shown: "Unfold(kernelSize=[2, 3], padding=1)",
});

describeLayer("Fold", {
  make: () => new Fold([4, 5], 2, { stride: [2, 1] }),
  inputs: [[2, 12, 8]],
  outputs: [[2, 3, 4, 5]],
  shown: "Fold(outputSize=[4, 5], kernelSize=2, stride=[2, 1])",
});
