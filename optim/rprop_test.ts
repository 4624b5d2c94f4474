import { describeOptimizer } from "./_optimizer_testing.ts";
import { Rprop } from "./rprop.ts";

describeOptimizer("Rprop", {
  make: (params) => new Rprop(params),
  state: ["prev", "stepSize"],
  rateOfFirstStep: true,
});
