import { describeGradients } from "./_gradients_testing.ts";
import { batchNorm } from "./batch_norm.ts";

describeGradients({
  batchNorm: [
    [[3, 2, 2], [2], [2]],
    (x, w, b) => batchNorm(x!, w!, b!, { training: true }),
  ],
});
