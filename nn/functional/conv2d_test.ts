import { describeGradients } from "./_gradients_testing.ts";
import { conv2d } from "./conv2d.ts";

describeGradients({
  conv2d: [
    [[1, 2, 3, 4], [2, 1, 2, 2], [2]],
    (x, w, b) => conv2d(x!, w!, b!, { groups: 2, stride: 2, padding: 1 }),
  ],
});
