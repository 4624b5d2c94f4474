import { describeMatrixOptimizer } from "./_matrix_testing.ts";
import { Adafactor } from "./adafactor.ts";

describeMatrixOptimizer("Adafactor", {
  make: (params) => new Adafactor(params, { lr: 0.1 }),
  state: [["rowVar", "colVar"], ["variance"]],
});

describeMatrixOptimizer("Adafactor with an average", {
  make: (params) =>
    new Adafactor(params, { lr: 0.1, beta1: 0.5, weightDecay: 0.1 }),
  state: [["rowVar", "colVar", "expAvg"], ["variance", "expAvg"]],
});
