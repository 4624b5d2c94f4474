import { describeOptimizer } from "./_optimizer_testing.ts";
import { Adadelta } from "./adadelta.ts";

describeOptimizer("Adadelta", {
  make: (params) => new Adadelta(params),
  state: ["squareAvg", "accDelta"],
});
