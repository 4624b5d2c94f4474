import { describeGradients } from "./_gradients_testing.ts";
import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
} from "./average_pooling.ts";

describeGradients({
  avgPool3d: [
    [[1, 1, 2, 3, 4]],
    (x) => avgPool3d(x!, { kernelSize: 2, padding: 1 }),
  ],
  lpPool1d: [
    [[1, 1, 6]],
    (x) => lpPool1d(x!.exp(), { normType: 3, kernelSize: 2 }),
  ],
  avgPool1d: [
    [[1, 1, 5]],
    (x) => avgPool1d(x!, { kernelSize: 2, padding: 1, countIncludePad: false }),
  ],
  avgPool2d: [
    [[1, 1, 4, 3]],
    (x) => avgPool2d(x!, { kernelSize: 2, ceilMode: true }),
  ],
  lpPool2d: [
    [[1, 1, 4, 4]],
    (x) => lpPool2d(x!.exp(), { normType: 3, kernelSize: 2 }),
  ],
});
