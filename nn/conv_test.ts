import { describeLayer } from "./_layer_testing.ts";
import { Conv1d, Conv3d } from "./conv.ts";

describeLayer("Conv1d", {
  make: () => new Conv1d(4, 6, 3, { stride: 2, groups: 2 }),
  inputs: [[2, 4, 9]],
  outputs: [[2, 6, 4]],
  state: { weight: [6, 2, 3], bias: [6] },
  shown: "Conv1d(4, 6, kernelSize=[3], stride=[2], padding=0, groups=2)",
});

describeLayer("Conv3d", {
  make: () => new Conv3d(2, 3, 2, { bias: false }),
  inputs: [[1, 2, 3, 4, 5]],
  outputs: [[1, 3, 2, 3, 4]],
  state: { weight: [3, 2, 2, 2, 2] },
  shown:
    "Conv3d(2, 3, kernelSize=[2, 2, 2], stride=[1, 1, 1], padding=0, bias=false)",
});
