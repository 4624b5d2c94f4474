import { describeGradients } from "./_gradients_testing.ts";
import { cosineSimilarity, normalize, pairwiseDistance } from "./distances.ts";

describeGradients({
  cosineSimilarity: [[[2, 3], [2, 3]], (a, b) => cosineSimilarity(a!, b!)],
  normalize: [[[2, 3]], (x) => normalize(x!)],
  pairwiseDistance: [[[2, 3], [3]], (a, b) => pairwiseDistance(a!, b!)],
  "pairwiseDistance of the largest": [
    [[2, 3], [2, 3]],
    (a, b) => pairwiseDistance(a!, b!, { p: Infinity }),
  ],
});
