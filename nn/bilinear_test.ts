import { describeLayer } from "./_layer_testing.ts";
import { Bilinear } from "./bilinear.ts";

describeLayer("Bilinear", {
  make: () => new Bilinear(3, 2, 4),
  inputs: [[5, 3], [5, 2]],
  outputs: [[5, 4]],
  state: { weight: [4, 3, 2], bias: [4] },
  shown: "Bilinear(in1Features=3, in2Features=2, outFeatures=4, bias=true)",
});
