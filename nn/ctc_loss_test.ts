import { randn, tensor } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { CTCLoss } from "./ctc_loss.ts";

describeLayer("CTCLoss", {
  make: () => new CTCLoss(),
  inputs: [
    () => randn([5, 2, 4]).logSoftmax(2).requiresGrad_(),
    () => tensor([[1, 2], [3, 0]], { dtype: "int32" }),
    () => [5, 4],
    () => [2, 1],
  ],
  outputs: [[]],
  shown: "CTCLoss(reduction=mean, blank=0, zeroInfinity=false)",
});
