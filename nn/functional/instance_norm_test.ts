import { describeGradients } from "./_gradients_testing.ts";
import { instanceNorm } from "./instance_norm.ts";

describeGradients({
  instanceNorm: [
    [[2, 2, 4], [2], [2]],
    (x, w, b) => instanceNorm(x!, w!, b!),
  ],
});
