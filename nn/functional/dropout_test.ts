import { manualSeed } from "@tenfold/core";
import { describeGradients } from "./_gradients_testing.ts";
import { dropout } from "./dropout.ts";

describeGradients({
  // What is drawn is the same in each call.
  dropout: [[[6]], (x) => {
    manualSeed(5);
    return dropout(x!, { p: 0.4, training: true });
  }],
});
