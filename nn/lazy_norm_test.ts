import { describeLazy } from "./_lazy_testing.ts";
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from "./batch_norm.ts";
import {
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
} from "./instance_norm.ts";
import {
  LazyBatchNorm1d,
  LazyBatchNorm2d,
  LazyBatchNorm3d,
  LazyInstanceNorm1d,
  LazyInstanceNorm2d,
  LazyInstanceNorm3d,
} from "./lazy_norm.ts";

describeLazy([
  [() => new LazyBatchNorm1d(), () => new BatchNorm1d(3), [4, 3]],
  [() => new LazyBatchNorm2d(), () => new BatchNorm2d(3), [4, 3, 2, 2]],
  [
    () => new LazyBatchNorm3d({ affine: false }),
    () => new BatchNorm3d(3, { affine: false }),
    [4, 3, 2, 2, 2],
  ],
  [
    () => new LazyInstanceNorm1d({ affine: true }),
    () => new InstanceNorm1d(3, { affine: true }),
    [3, 4],
  ],
  [
    () => new LazyInstanceNorm2d({ trackRunningStats: true }),
    () => new InstanceNorm2d(3, { trackRunningStats: true }),
    [2, 3, 4, 4],
  ],
  [
    () => new LazyInstanceNorm3d(),
    () => new InstanceNorm3d(3),
    [3, 2, 2, 2],
  ],
]);
