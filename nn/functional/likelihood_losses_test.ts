import { describeGradients } from "./_gradients_testing.ts";
import {
  gaussianNllLoss,
  klDivLoss,
  poissonNllLoss,
} from "./likelihood_losses.ts";

describeGradients({
  klDivLoss: [[[5], [5]], (x, y) => klDivLoss(x!, y!.sigmoid())],
  gaussianNllLoss: [
    [[4], [4], [4]],
    (x, y, v) => gaussianNllLoss(x!, y!, v!.exp(), { full: true }),
  ],
  poissonNllLoss: [[[4], [4]], (x, y) => poissonNllLoss(x!, y!.exp())],
});
