import { describeGradients } from "./_gradients_testing.ts";
import { layerNorm } from "./layer_norm.ts";

describeGradients({
  layerNorm: [
    [[2, 4], [4], [4]],
    (x, w, b) => layerNorm(x!, w!, b!, { normalizedShape: [4] }),
  ],
});
