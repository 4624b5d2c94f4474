import { describeLayer } from "./_layer_testing.ts";
import {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
} from "./conv_transpose.ts";

describeLayer("ConvTranspose1d", {
  make: () => new ConvTranspose1d(4, 2, 3, { stride: 2, outputPadding: 1 }),
  inputs: [[2, 4, 5]],
  outputs: [[2, 2, 12]],
  state: { weight: [4, 2, 3], bias: [2] },
  shown:
    "ConvTranspose1d(4, 2, kernelSize=[3], stride=[2], padding=[0], outputPadding=[1])",
});

describeLayer("ConvTranspose2d", {
  make: () => new ConvTranspose2d(4, 2, 2),
  inputs: [[2, 4, 6, 6]],
  outputs: [[2, 2, 7, 7]],
  state: { weight: [4, 2, 2, 2], bias: [2] },
  shown:
    "ConvTranspose2d(4, 2, kernelSize=[2, 2], stride=[1, 1], padding=[0, 0])",
});

describeLayer("ConvTranspose3d", {
  make: () => new ConvTranspose3d(2, 4, 2, { groups: 2 }),
  inputs: [[1, 2, 2, 3, 2]],
  outputs: [[1, 4, 3, 4, 3]],
  state: { weight: [2, 2, 2, 2, 2], bias: [4] },
  shown:
    "ConvTranspose3d(2, 4, kernelSize=[2, 2, 2], stride=[1, 1, 1], padding=[0, 0, 0], groups=2)",
});
