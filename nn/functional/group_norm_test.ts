import { describeGradients } from "./_gradients_testing.ts";
import { groupNorm } from "./group_norm.ts";

describeGradients({
  groupNorm: [
    [[2, 4, 3], [4], [4]],
    (x, w, b) => groupNorm(x!, w!, b!, { numGroups: 2 }),
  ],
});
