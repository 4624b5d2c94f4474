import { manualSeed, type Tensor } from "@tenfold/core";
import { describeGradients } from "./_gradients_testing.ts";
import {
  alphaDropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from "./feature_dropout.ts";

describeGradients({
  // What is drawn is the same in each call.
  ...Object.fromEntries(
    ([
      ["dropout1d", dropout1d, [2, 3, 2]],
      ["dropout2d", dropout2d, [2, 2, 2, 1]],
      ["dropout3d", dropout3d, [2, 2, 1, 1, 2]],
      ["alphaDropout", alphaDropout, [6]],
      ["featureAlphaDropout", featureAlphaDropout, [2, 3, 2]],
    ] as const).map(([name, call, shape]) => [
      name,
      [[shape], (x: Tensor) => {
        manualSeed(5);
        return call(x, { p: 0.4, training: true });
      }],
    ]),
  ),
});
