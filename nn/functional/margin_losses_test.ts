import { tensor } from "@tenfold/core";
import { describeGradients } from "./_gradients_testing.ts";
import {
  multiLabelMarginLoss,
  multiLabelSoftMarginLoss,
  multiMarginLoss,
  softMarginLoss,
} from "./margin_losses.ts";

const classes = () => tensor([2, 0, 3], { dtype: "int32" });

const signs = () => tensor([1, -1, 1]);

describeGradients({
  multiLabelSoftMarginLoss: [
    [[2, 3], [2, 3]],
    (x, y) => multiLabelSoftMarginLoss(x!, y!.sigmoid()),
  ],
  softMarginLoss: [[[3]], (x) => softMarginLoss(x!, signs())],
  multiMarginLoss: [
    [[3, 4]],
    (x) => multiMarginLoss(x!, classes(), { p: 2, margin: 0.7 }),
  ],
  multiLabelMarginLoss: [
    [[2, 3]],
    (x) =>
      multiLabelMarginLoss(
        x!,
        tensor([[2, 0, -1], [1, -1, 0]], { dtype: "int32" }),
      ),
  ],
});
