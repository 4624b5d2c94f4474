import { describeGradients } from "./_gradients_testing.ts";
import { conv1d, conv3d } from "./convolution.ts";

describeGradients({
  conv1d: [
    [[1, 2, 4], [2, 2, 3], [2]],
    (x, w, b) => conv1d(x!, w!, b!, { padding: 1, stride: 2 }),
  ],
  conv3d: [
    [[1, 2, 3, 2, 3], [2, 1, 2, 2, 2]],
    (x, w) => conv3d(x!, w!, { groups: 2 }),
  ],
});
