import { describeLayer } from "./_layer_testing.ts";
import { ChannelShuffle, PixelShuffle, PixelUnshuffle } from "./shuffle.ts";

describeLayer("PixelShuffle", {
  make: () => new PixelShuffle(2),
  inputs: [[1, 8, 3, 2]],
  outputs: [[1, 2, 6, 4]],
  shown: "PixelShuffle(upscaleFactor=2)",
});

describeLayer("PixelUnshuffle", {
  make: () => new PixelUnshuffle(2),
  inputs: [[1, 2, 6, 4]],
  outputs: [[1, 8, 3, 2]],
  shown: "PixelUnshuffle(downscaleFactor=2)",
});

describeLayer("ChannelShuffle", {
  make: () => new ChannelShuffle(2),
  inputs: [[1, 4, 3]],
  outputs: [[1, 4, 3]],
  shown: "ChannelShuffle(groups=2)",
});
