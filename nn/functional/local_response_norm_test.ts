import { describeGradients } from "./_gradients_testing.ts";
import { localResponseNorm } from "./local_response_norm.ts";

describeGradients({
  localResponseNorm: [
    [[1, 4, 2]],
    (x) => localResponseNorm(x!, { size: 3, alpha: 0.5 }),
  ],
});
