import { describeGradients } from "./_gradients_testing.ts";
import { affineGrid, gridSample } from "./grid_sample.ts";

describeGradients({
  gridSample: [
    [[1, 2, 3, 4], [1, 2, 2, 2]],
    (x, g) => gridSample(x!, g!.tanh(), { mode: "bicubic" }),
  ],
  affineGrid: [[[1, 2, 3]], (theta) => affineGrid(theta!, [1, 1, 2, 3])],
});
