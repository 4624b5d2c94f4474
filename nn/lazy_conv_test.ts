import { describeLazy } from "./_lazy_testing.ts";
import { Conv1d, Conv3d } from "./conv.ts";
import { Conv2d } from "./conv2d.ts";
import { LazyConv1d, LazyConv2d, LazyConv3d } from "./lazy_conv.ts";

describeLazy([
  [() => new LazyConv1d(4, 3), () => new Conv1d(2, 4, 3), [2, 7]],
  [
    () => new LazyConv2d(4, [2, 3], { groups: 2, padding: 1 }),
    () => new Conv2d(6, 4, [2, 3], { groups: 2, padding: 1 }),
    [2, 6, 5, 5],
  ],
  [
    () => new LazyConv2d(4, 3, { paddingMode: "reflect", padding: 1 }),
    () => new Conv2d(1, 4, 3, { paddingMode: "reflect", padding: 1 }),
    [2, 1, 5, 5],
  ],
  [() => new LazyConv3d(2, 2), () => new Conv3d(3, 2, 2), [
    1,
    3,
    4,
    4,
    4,
  ]],
]);
