import { describeLazy } from "./_lazy_testing.ts";
import { LazyLinear } from "./lazy_linear.ts";
import { Linear } from "./linear.ts";

describeLazy([
  [() => new LazyLinear(2), () => new Linear(3, 2), [4, 3]],
  [
    () => new LazyLinear(2, { bias: false, dtype: "float64" }),
    () => new Linear(5, 2, { bias: false, dtype: "float64" }),
    [5],
  ],
]);
