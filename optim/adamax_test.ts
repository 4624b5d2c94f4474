import { describeOptimizer } from "./_optimizer_testing.ts";
import { Adamax } from "./adamax.ts";

describeOptimizer("Adamax", {
  make: (params) => new Adamax(params),
  state: ["expAvg", "expInf"],
});
