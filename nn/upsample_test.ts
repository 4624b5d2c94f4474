import { describeLayer } from "./_layer_testing.ts";
import { Upsample } from "./upsample.ts";

describeLayer("Upsample", {
  make: () => new Upsample({ scaleFactor: 2 }),
  inputs: [[2, 4, 3, 3]],
  outputs: [[2, 4, 6, 6]],
  shown: "Upsample(scaleFactor=2)",
});
