import { describeLayer } from "./_layer_testing.ts";
import { CosineSimilarity, PairwiseDistance } from "./distances.ts";

describeLayer("CosineSimilarity", {
  make: () => new CosineSimilarity({ dim: 1 }),
  inputs: [[3, 4], [3, 4]],
  outputs: [[3]],
  shown: "CosineSimilarity(dim=1, eps=1e-8)",
});

describeLayer("PairwiseDistance", {
  make: () => new PairwiseDistance({ p: 1, keepDim: true }),
  inputs: [[3, 4], [3, 4]],
  outputs: [[3, 1]],
  shown: "PairwiseDistance(p=1, eps=0.000001, keepDim=true)",
});
