import { tensor } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import {
  CosineEmbeddingLoss,
  HingeEmbeddingLoss,
  MarginRankingLoss,
  TripletMarginLoss,
  TripletMarginWithDistanceLoss,
} from "./embedding_losses.ts";

const signs = () => tensor([1, -1, 1]);

describeLayer("MarginRankingLoss", {
  make: () => new MarginRankingLoss({ margin: 0.5 }),
  inputs: [[3], [3], signs],
  outputs: [[]],
  shown: "MarginRankingLoss(reduction=mean, margin=0.5)",
});

describeLayer("HingeEmbeddingLoss", {
  make: () => new HingeEmbeddingLoss(),
  inputs: [[3], signs],
  outputs: [[]],
  shown: "HingeEmbeddingLoss(reduction=mean, margin=1)",
});

describeLayer("CosineEmbeddingLoss", {
  make: () => new CosineEmbeddingLoss({ reduction: "none" }),
  inputs: [[3, 2], [3, 2], signs],
  outputs: [[3]],
  shown: "CosineEmbeddingLoss(reduction=none, margin=0)",
});

describeLayer("TripletMarginLoss", {
  make: () => new TripletMarginLoss({ margin: 3 }),
  inputs: [[2, 3], [2, 3], [2, 3]],
  outputs: [[]],
  shown:
    "TripletMarginLoss(reduction=mean, margin=3, p=2, eps=0.000001, swap=false)",
});

describeLayer("TripletMarginWithDistanceLoss", {
  make: () => new TripletMarginWithDistanceLoss({ margin: 3 }),
  inputs: [[2, 3], [2, 3], [2, 3]],
  outputs: [[]],
  shown: "TripletMarginWithDistanceLoss(reduction=mean, margin=3, swap=false)",
});
