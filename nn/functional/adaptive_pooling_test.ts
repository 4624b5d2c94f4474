import type { Tensor } from "@tenfold/core";
import { describeGradients } from "./_gradients_testing.ts";
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3d,
  adaptiveMaxPool3dWithIndices,
} from "./adaptive_pooling.ts";

describeGradients({
  adaptiveMaxPool2d: [
    [[1, 1, 5, 4]],
    (x) => adaptiveMaxPool2d(x!, { outputSize: 3 }),
  ],
  ...Object.fromEntries(
    ([
      ["adaptiveAvgPool1d", adaptiveAvgPool1d, [1, 1, 7]],
      ["adaptiveAvgPool2d", adaptiveAvgPool2d, [1, 1, 5, 4]],
      ["adaptiveAvgPool3d", adaptiveAvgPool3d, [1, 1, 3, 4, 3]],
      ["adaptiveMaxPool1d", adaptiveMaxPool1d, [1, 1, 7]],
      ["adaptiveMaxPool3d", adaptiveMaxPool3d, [1, 1, 3, 4, 3]],
    ] as const).map(([name, call, shape]) => [
      name,
      [[shape], (x: Tensor) => call(x, { outputSize: 2 }) as Tensor],
    ]),
  ),
  ...Object.fromEntries(
    ([
      ["adaptiveMaxPool1dWithIndices", adaptiveMaxPool1dWithIndices, [2, 7]],
      [
        "adaptiveMaxPool2dWithIndices",
        adaptiveMaxPool2dWithIndices,
        [1, 5, 4],
      ],
      [
        "adaptiveMaxPool3dWithIndices",
        adaptiveMaxPool3dWithIndices,
        [1, 3, 4, 3],
      ],
    ] as const).map(([name, call, shape]) => [
      name,
      [[shape], (x: Tensor) => call(x, { outputSize: 2 })[0]],
    ]),
  ),
});
