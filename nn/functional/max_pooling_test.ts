import type { Tensor } from "@tenfold/core";
import { describeGradients } from "./_gradients_testing.ts";
import {
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxPool3dWithIndices,
} from "./max_pooling.ts";

describeGradients({
  maxPool3d: [[[1, 1, 2, 4, 4]], (x) => maxPool3d(x!, { kernelSize: 2 })],
  maxPool1d: [[[1, 1, 6]], (x) => maxPool1d(x!, { kernelSize: 2 })],
  maxPool2d: [
    [[1, 1, 4, 4]],
    (x) => maxPool2d(x!, { kernelSize: 3, stride: 1, padding: 1 }),
  ],
  ...Object.fromEntries(
    ([
      ["maxPool1dWithIndices", maxPool1dWithIndices, [1, 1, 6]],
      ["maxPool2dWithIndices", maxPool2dWithIndices, [1, 1, 4, 4]],
      ["maxPool3dWithIndices", maxPool3dWithIndices, [1, 1, 2, 4, 4]],
    ] as const).map(([name, call, shape]) => [
      name,
      [[shape], (x: Tensor) => call(x, { kernelSize: 2 })[0]],
    ]),
  ),
});
