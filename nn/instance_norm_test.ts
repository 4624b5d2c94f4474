import { describeLayer } from "./_layer_testing.ts";
import {
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
} from "./instance_norm.ts";

describeLayer("InstanceNorm1d", {
  make: () => new InstanceNorm1d(4),
  inputs: [[2, 4, 6]],
  outputs: [[2, 4, 6]],
  shown:
    "InstanceNorm1d(4, eps=0.00001, momentum=0.1, affine=false, trackRunningStats=false)",
});

describeLayer("InstanceNorm2d", {
  make: () => new InstanceNorm2d(4, { affine: true }),
  inputs: [[2, 4, 6, 6]],
  outputs: [[2, 4, 6, 6]],
  state: { weight: [4], bias: [4] },
  shown:
    "InstanceNorm2d(4, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=false)",
});

describeLayer("InstanceNorm3d", {
  make: () => new InstanceNorm3d(2, { trackRunningStats: true }),
  inputs: [[2, 2, 2, 3, 2]],
  outputs: [[2, 2, 2, 3, 2]],
  state: { running_mean: [2], running_var: [2], num_batches_tracked: [] },
  shown:
    "InstanceNorm3d(2, eps=0.00001, momentum=0.1, affine=false, trackRunningStats=true)",
});
