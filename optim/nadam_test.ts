import { describeOptimizer } from "./_optimizer_testing.ts";
import { NAdam } from "./nadam.ts";

describeOptimizer("NAdam", {
  make: (params) => new NAdam(params),
  state: ["expAvg", "expAvgSq"],
});
