import { describeGradients } from "./_gradients_testing.ts";
import { channelShuffle, pixelShuffle, pixelUnshuffle } from "./shuffle.ts";

describeGradients({
  pixelShuffle: [[[4, 2, 1]], (x) => pixelShuffle(x!, 2)],
  channelShuffle: [[[1, 4, 2]], (x) => channelShuffle(x!, 2)],
  pixelUnshuffle: [[[1, 2, 4]], (x) => pixelUnshuffle(x!, 2)],
});
