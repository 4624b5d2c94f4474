import { ones, tensor, zeros } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import {
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  SoftMarginLoss,
} from "./margin_losses.ts";

const signs = () => tensor([1, -1, 1]);

describeLayer("SoftMarginLoss", {
  make: () => new SoftMarginLoss(),
  inputs: [[3], signs],
  outputs: [[]],
  shown: "SoftMarginLoss(reduction=mean)",
});

describeLayer("MultiLabelSoftMarginLoss", {
  make: () => new MultiLabelSoftMarginLoss({ weight: ones([4]) }),
  inputs: [[3, 4], () => zeros([3, 4])],
  outputs: [[]],
  state: { weight: [4] },
  shown: "MultiLabelSoftMarginLoss(reduction=mean)",
});

describeLayer("MultiLabelMarginLoss", {
  make: () => new MultiLabelMarginLoss(),
  inputs: [[2, 3], () => tensor([[2, 0, -1], [1, -1, 0]], { dtype: "int32" })],
  outputs: [[]],
  shown: "MultiLabelMarginLoss(reduction=mean)",
});

describeLayer("MultiMarginLoss", {
  make: () => new MultiMarginLoss({ p: 2, margin: 0.7 }),
  inputs: [[3, 4], () => tensor([1, 0, 3], { dtype: "int32" })],
  outputs: [[]],
  shown: "MultiMarginLoss(reduction=mean, p=2, margin=0.7)",
});
