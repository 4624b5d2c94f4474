import { tensor } from "@tenfold/core";
import { describeGradients } from "./_gradients_testing.ts";
import {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from "./embedding_losses.ts";

const signs = () => tensor([1, -1, 1]);

describeGradients({
  marginRankingLoss: [
    [[3], [3]],
    (a, b) => marginRankingLoss(a!, b!, signs()),
  ],
  cosineEmbeddingLoss: [
    [[3, 2], [3, 2]],
    (a, b) => cosineEmbeddingLoss(a!, b!, signs()),
  ],
  tripletMarginLoss: [
    [[2, 3], [2, 3], [2, 3]],
    (a, p, n) => tripletMarginLoss(a!, p!, n!, { margin: 3 }),
  ],
  hingeEmbeddingLoss: [[[3]], (x) => hingeEmbeddingLoss(x!, signs())],
  tripletMarginWithDistanceLoss: [
    [[2, 3], [2, 3], [2, 3]],
    (a, p, n) => tripletMarginWithDistanceLoss(a!, p!, n!, { margin: 3 }),
  ],
});
