import { describeGradients } from "./_gradients_testing.ts";
import { bilinear } from "./bilinear.ts";

describeGradients({
  bilinear: [
    [[2, 3], [2, 2], [2, 3, 2], [2]],
    (a, b, w, c) => bilinear(a!, b!, w!, c!),
  ],
});
