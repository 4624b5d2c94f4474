import { tensor } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { MaxUnpool1d, MaxUnpool2d, MaxUnpool3d } from "./max_unpooling.ts";

/** Where two elements go that are put back. */
const places = (shape: number[]) => tensor([3, 1], { shape, dtype: "int32" });

describeLayer("MaxUnpool1d", {
  make: () => new MaxUnpool1d(2),
  inputs: [[1, 1, 2], () => places([1, 1, 2])],
  outputs: [[1, 1, 4]],
  shown: "MaxUnpool1d(kernelSize=2)",
});

describeLayer("MaxUnpool2d", {
  make: () => new MaxUnpool2d(2),
  inputs: [[1, 1, 2, 1], () => places([1, 1, 2, 1])],
  outputs: [[1, 1, 4, 2]],
  shown: "MaxUnpool2d(kernelSize=2)",
});

describeLayer("MaxUnpool3d", {
  make: () => new MaxUnpool3d(2),
  inputs: [[1, 1, 1, 2, 1], () => places([1, 1, 1, 2, 1])],
  outputs: [[1, 1, 2, 4, 2]],
  shown: "MaxUnpool3d(kernelSize=2)",
});
