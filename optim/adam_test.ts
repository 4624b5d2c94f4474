import { describeOptimizer } from "./_optimizer_testing.ts";
import { Adam, AdamW } from "./adam.ts";

describeOptimizer("Adam", {
  make: (params) => new Adam(params),
  state: ["expAvg", "expAvgSq"],
});

describeOptimizer("AdamW with amsgrad", {
  make: (params) => new AdamW(params, { amsgrad: true }),
  state: ["expAvg", "expAvgSq", "maxExpAvgSq"],
});
