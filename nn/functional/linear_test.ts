import { describeGradients } from "./_gradients_testing.ts";
import { linear } from "./linear.ts";

describeGradients({
  linear: [[[2, 3], [4, 3], [4]], (x, w, b) => linear(x!, w!, b!)],
});
