import { tensor } from "@tenfold/core";
import { describeGradients } from "./_gradients_testing.ts";
import { maxUnpool1d, maxUnpool2d, maxUnpool3d } from "./max_unpooling.ts";

/** Where two elements go that are put back. */
const places = (shape: number[]) => tensor([3, 1], { shape, dtype: "int32" });

describeGradients({
  maxUnpool1d: [
    [[1, 1, 2]],
    (x) => maxUnpool1d(x!, places([1, 1, 2]), { kernelSize: 2 }),
  ],
  maxUnpool2d: [
    [[1, 1, 2, 1]],
    (x) => maxUnpool2d(x!, places([1, 1, 2, 1]), { kernelSize: 2 }),
  ],
  maxUnpool3d: [
    [[1, 1, 1, 2, 1]],
    (x) => maxUnpool3d(x!, places([1, 1, 1, 2, 1]), { kernelSize: 2 }),
  ],
});
