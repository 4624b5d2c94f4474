import { describeLayer } from "./_layer_testing.ts";
import { LocalResponseNorm } from "./local_response_norm.ts";

describeLayer("LocalResponseNorm", {
  make: () => new LocalResponseNorm(2),
  inputs: [[2, 4, 6, 6]],
  outputs: [[2, 4, 6, 6]],
  shown: "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1)",
});
