import { assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { rand, ShapeError, zeros } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import {
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  LPPool1d,
  LPPool2d,
} from "./average_pooling.ts";
import { clean } from "./_testing.ts";

describeLayer("AvgPool1d", {
  make: () => new AvgPool1d(2),
  inputs: [[2, 3, 6]],
  outputs: [[2, 3, 3]],
  shown: "AvgPool1d(kernelSize=2)",
});

describeLayer("AvgPool2d", {
  make: () => new AvgPool2d(3, { stride: 2, padding: 1 }),
  inputs: [[2, 3, 6, 5]],
  outputs: [[2, 3, 3, 3]],
  shown: "AvgPool2d(kernelSize=3, stride=2, padding=1)",
});

describeLayer("AvgPool3d", {
  make: () => new AvgPool3d(2, { ceilMode: true }),
  inputs: [[1, 2, 3, 4, 5]],
  outputs: [[1, 2, 2, 2, 3]],
  shown: "AvgPool3d(kernelSize=2, ceilMode=true)",
});

describeLayer("LPPool1d", {
  make: () => new LPPool1d(3, 2),
  inputs: [() => rand([2, 3, 6]).add(0.1).requiresGrad_()],
  outputs: [[2, 3, 3]],
  shown: "LPPool1d(normType=3, kernelSize=2)",
});

describeLayer("LPPool2d", {
  make: () => new LPPool2d(2, 2, { stride: 1 }),
  inputs: [() => rand([2, 3, 6, 5]).add(0.1).requiresGrad_()],
  outputs: [[2, 3, 5, 4]],
  shown: "LPPool2d(normType=2, kernelSize=2, stride=1)",
});

describe("average pooling", () => {
  it(
    "names windows that do not fit",
    clean(() =>
      void assertThrows(
        () => new AvgPool2d(5).forward(zeros([1, 2, 2])),
        ShapeError,
        "no window fits",
      )
    ),
  );
});
