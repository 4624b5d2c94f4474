import { describeOptimizer } from "./_optimizer_testing.ts";
import { Lion } from "./lion.ts";

describeOptimizer("Lion", {
  make: (params) => new Lion(params, { weightDecay: 0.1 }),
  state: ["expAvg"],
});
