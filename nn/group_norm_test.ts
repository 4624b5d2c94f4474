import { describeLayer } from "./_layer_testing.ts";
import { GroupNorm } from "./group_norm.ts";

describeLayer("GroupNorm", {
  make: () => new GroupNorm(2, 4),
  inputs: [[2, 4, 6]],
  outputs: [[2, 4, 6]],
  state: { weight: [4], bias: [4] },
  shown: "GroupNorm(2, 4, eps=0.00001, affine=true)",
});
