import { describeOptimizer } from "./_optimizer_testing.ts";
import { Adagrad } from "./adagrad.ts";

describeOptimizer("Adagrad", {
  make: (params) => new Adagrad(params, { initialAccumulatorValue: 0.1 }),
  state: ["sum"],
});
