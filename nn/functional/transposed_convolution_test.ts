import { describeGradients } from "./_gradients_testing.ts";
import {
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from "./transposed_convolution.ts";

describeGradients({
  convTranspose1d: [
    [[1, 2, 3], [2, 1, 3], [1]],
    (x, w, b) => convTranspose1d(x!, w!, b!, { stride: 2, outputPadding: 1 }),
  ],
  convTranspose2d: [
    [[1, 1, 2, 2], [1, 2, 2, 2]],
    (x, w) => convTranspose2d(x!, w!, { stride: 2 }),
  ],
  convTranspose3d: [
    [[1, 1, 2, 1, 2], [1, 1, 2, 2, 2]],
    (x, w) => convTranspose3d(x!, w!, { dilation: 2 }),
  ],
});
