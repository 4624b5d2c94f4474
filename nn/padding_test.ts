import { describeLayer } from "./_layer_testing.ts";
import {
  CircularPad1d,
  CircularPad2d,
  CircularPad3d,
  ConstantPad1d,
  ConstantPad2d,
  ConstantPad3d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReflectionPad3d,
  ReplicationPad1d,
  ReplicationPad2d,
  ReplicationPad3d,
  ZeroPad1d,
  ZeroPad2d,
  ZeroPad3d,
} from "./padding.ts";

describeLayer("ZeroPad1d", {
  make: () => new ZeroPad1d(1),
  inputs: [[2, 3, 4]],
  outputs: [[2, 3, 6]],
  shown: "ZeroPad1d([1, 1])",
});

describeLayer("ZeroPad2d", {
  make: () => new ZeroPad2d([1, 0, 2, 1]),
  inputs: [[2, 3, 4, 4]],
  outputs: [[2, 3, 7, 5]],
  shown: "ZeroPad2d([1, 0, 2, 1])",
});

describeLayer("ZeroPad3d", {
  make: () => new ZeroPad3d(1),
  inputs: [[1, 2, 3, 3, 3]],
  outputs: [[1, 2, 5, 5, 5]],
  shown: "ZeroPad3d([1, 1, 1, 1, 1, 1])",
});

describeLayer("ConstantPad1d", {
  make: () => new ConstantPad1d([1, 2], 3),
  inputs: [[2, 3, 4]],
  outputs: [[2, 3, 7]],
  shown: "ConstantPad1d([1, 2], value=3)",
});

describeLayer("ConstantPad2d", {
  make: () => new ConstantPad2d(1, 0.5),
  inputs: [[2, 3, 4, 4]],
  outputs: [[2, 3, 6, 6]],
  shown: "ConstantPad2d([1, 1, 1, 1], value=0.5)",
});

describeLayer("ConstantPad3d", {
  make: () => new ConstantPad3d(1, -1),
  inputs: [[1, 2, 3, 3, 3]],
  outputs: [[1, 2, 5, 5, 5]],
  shown: "ConstantPad3d([1, 1, 1, 1, 1, 1], value=-1)",
});

describeLayer("ReflectionPad1d", {
  make: () => new ReflectionPad1d(2),
  inputs: [[2, 3, 4]],
  outputs: [[2, 3, 8]],
  shown: "ReflectionPad1d([2, 2])",
});

describeLayer("ReflectionPad2d", {
  make: () => new ReflectionPad2d([1, 2, 0, 1]),
  inputs: [[2, 3, 4, 4]],
  outputs: [[2, 3, 5, 7]],
  shown: "ReflectionPad2d([1, 2, 0, 1])",
});

describeLayer("ReflectionPad3d", {
  make: () => new ReflectionPad3d(1),
  inputs: [[1, 2, 3, 3, 3]],
  outputs: [[1, 2, 5, 5, 5]],
  shown: "ReflectionPad3d([1, 1, 1, 1, 1, 1])",
});

describeLayer("ReplicationPad1d", {
  make: () => new ReplicationPad1d([0, 5]),
  inputs: [[2, 3, 4]],
  outputs: [[2, 3, 9]],
  shown: "ReplicationPad1d([0, 5])",
});

describeLayer("ReplicationPad2d", {
  make: () => new ReplicationPad2d(1),
  inputs: [[2, 3, 4, 4]],
  outputs: [[2, 3, 6, 6]],
  shown: "ReplicationPad2d([1, 1, 1, 1])",
});

describeLayer("ReplicationPad3d", {
  make: () => new ReplicationPad3d(1),
  inputs: [[1, 2, 3, 3, 3]],
  outputs: [[1, 2, 5, 5, 5]],
  shown: "ReplicationPad3d([1, 1, 1, 1, 1, 1])",
});

describeLayer("CircularPad1d", {
  make: () => new CircularPad1d([3, 1]),
  inputs: [[2, 3, 4]],
  outputs: [[2, 3, 8]],
  shown: "CircularPad1d([3, 1])",
});

describeLayer("CircularPad2d", {
  make: () => new CircularPad2d(2),
  inputs: [[2, 3, 4, 4]],
  outputs: [[2, 3, 8, 8]],
  shown: "CircularPad2d([2, 2, 2, 2])",
});

describeLayer("CircularPad3d", {
  make: () => new CircularPad3d(1),
  inputs: [[1, 2, 3, 3, 3]],
  outputs: [[1, 2, 5, 5, 5]],
  shown: "CircularPad3d([1, 1, 1, 1, 1, 1])",
});
