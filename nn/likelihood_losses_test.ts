import { rand, randn } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import {
  GaussianNLLLoss,
  KLDivLoss,
  PoissonNLLLoss,
} from "./likelihood_losses.ts";

describeLayer("KLDivLoss", {
  make: () => new KLDivLoss({ reduction: "batchmean" }),
  inputs: [
    () => randn([3, 4]).logSoftmax(1).requiresGrad_(),
    () => randn([3, 4]).softmax(1),
  ],
  outputs: [[]],
  shown: "KLDivLoss(reduction=batchmean, logTarget=false)",
});

describeLayer("GaussianNLLLoss", {
  make: () => new GaussianNLLLoss({ full: true }),
  inputs: [[3], [3], () => rand([3]).add(0.1)],
  outputs: [[]],
  shown: "GaussianNLLLoss(reduction=mean, full=true, eps=0.000001)",
});

describeLayer("PoissonNLLLoss", {
  make: () => new PoissonNLLLoss({ logInput: false }),
  inputs: [() => rand([3]).add(0.1).requiresGrad_(), () => rand([3])],
  outputs: [[]],
  shown: "PoissonNLLLoss(reduction=mean, logInput=false, full=false, eps=1e-8)",
});
