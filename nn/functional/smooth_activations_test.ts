import { describeGradients } from "./_gradients_testing.ts";
import {
  celu,
  glu,
  logSigmoid,
  mish,
  selu,
  softmin,
  softsign,
  tanhshrink,
} from "./smooth_activations.ts";

describeGradients({
  mish: [[[5]], (x) => mish(x!)],
  selu: [[[5]], (x) => selu(x!)],
  celu: [[[5]], (x) => celu(x!, { alpha: 0.7 })],
  glu: [[[2, 4]], (x) => glu(x!)],
  softsign: [[[5]], (x) => softsign(x!)],
  logSigmoid: [[[5]], (x) => logSigmoid(x!)],
  tanhshrink: [[[5]], (x) => tanhshrink(x!)],
  softmin: [[[2, 3]], (x) => softmin(x!, 1)],
});
