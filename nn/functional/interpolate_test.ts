import { describeGradients } from "./_gradients_testing.ts";
import { interpolate } from "./interpolate.ts";

describeGradients({
  "interpolate bilinear": [
    [[1, 1, 3, 4]],
    (x) => interpolate(x!, { size: [5, 2], mode: "bilinear" }),
  ],
  "interpolate bicubic": [
    [[1, 1, 3, 4]],
    (x) => interpolate(x!, { size: [2, 7], mode: "bicubic", antialias: true }),
  ],
});
