import { tensor } from "@tenfold/core";
import { describeGradients } from "./_gradients_testing.ts";
import { ctcLoss } from "./ctc_loss.ts";

describeGradients({
  ctcLoss: [
    [[5, 2, 3]],
    (x) =>
      ctcLoss(x!, tensor([[1, 1], [2, 0]], { dtype: "int32" }), {
        inputLengths: [5, 4],
        targetLengths: [2, 1],
      }),
  ],
});
