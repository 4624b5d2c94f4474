import { describeOptimizer } from "./_optimizer_testing.ts";
import { ASGD } from "./asgd.ts";

describeOptimizer("ASGD", {
  make: (params) => new ASGD(params),
  state: ["ax"],
});
