import { describeGradients } from "./_gradients_testing.ts";
import { pad } from "./pad.ts";

describeGradients({
  "pad reflect": [[[1, 4]], (x) => pad(x!, [2, 1], { mode: "reflect" })],
  "pad circular": [[[1, 4]], (x) => pad(x!, [2, 1], { mode: "circular" })],
  "pad replicate": [[[1, 4]], (x) => pad(x!, [2, 1], { mode: "replicate" })],
});
