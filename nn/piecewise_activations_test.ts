import { describeLayer } from "./_layer_testing.ts";
import {
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  PReLU,
  ReLU6,
  RReLU,
  Softshrink,
  Threshold,
} from "./piecewise_activations.ts";

describeLayer("Hardtanh", {
  make: () => new Hardtanh({ minVal: -0.2 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Hardtanh(minVal=-0.2, maxVal=1)",
});

describeLayer("ReLU6", {
  make: () => new ReLU6(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "ReLU6()",
});

describeLayer("Hardsigmoid", {
  make: () => new Hardsigmoid(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Hardsigmoid()",
});

describeLayer("Hardswish", {
  make: () => new Hardswish(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Hardswish()",
});

describeLayer("Threshold", {
  make: () => new Threshold({ threshold: 0.1, value: 20 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Threshold(threshold=0.1, value=20)",
});

describeLayer("Hardshrink", {
  make: () => new Hardshrink({ lambd: 0.1 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Hardshrink(lambd=0.1)",
});

describeLayer("Softshrink", {
  make: () => new Softshrink({ lambd: 0.1 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Softshrink(lambd=0.1)",
});

describeLayer("PReLU", {
  make: () => new PReLU({ numParameters: 4 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  state: { weight: [4] },
  shown: "PReLU(numParameters=4)",
});

describeLayer("RReLU", {
  make: () => new RReLU(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "RReLU(lower=0.125, upper=0.3333333333333333)",
});
