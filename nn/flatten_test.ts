import { describeLayer } from "./_layer_testing.ts";
import { Flatten } from "./flatten.ts";

describeLayer("Flatten", {
  make: () => new Flatten({ startDim: 1, endDim: 2 }),
  inputs: [[2, 3, 4, 5]],
  outputs: [[2, 12, 5]],
  shown: "Flatten(startDim=1, endDim=2)",
});
