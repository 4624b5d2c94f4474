import { describeOptimizer } from "./_optimizer_testing.ts";
import { RAdam } from "./radam.ts";

describeOptimizer("RAdam, decoupled", {
  make: (params) =>
    new RAdam(params, { weightDecay: 0.1, decoupledWeightDecay: true }),
  state: ["expAvg", "expAvgSq"],
});
