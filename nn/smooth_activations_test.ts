import { describeLayer } from "./_layer_testing.ts";
import {
  CELU,
  GLU,
  LogSigmoid,
  Mish,
  SELU,
  Softmax2d,
  Softmin,
  Softsign,
  Tanhshrink,
} from "./smooth_activations.ts";

describeLayer("Mish", {
  make: () => new Mish(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Mish()",
});

describeLayer("SELU", {
  make: () => new SELU(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "SELU()",
});

describeLayer("CELU", {
  make: () => new CELU({ alpha: 0.3 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "CELU(alpha=0.3)",
});

describeLayer("GLU", {
  make: () => new GLU(),
  inputs: [[3, 4]],
  outputs: [[3, 2]],
  shown: "GLU(dim=-1)",
});

describeLayer("Softsign", {
  make: () => new Softsign(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Softsign()",
});

describeLayer("LogSigmoid", {
  make: () => new LogSigmoid(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "LogSigmoid()",
});

describeLayer("Tanhshrink", {
  make: () => new Tanhshrink(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Tanhshrink()",
});

describeLayer("Softmin", {
  make: () => new Softmin({ dim: 1 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Softmin(dim=1)",
});

describeLayer("Softmax2d", {
  make: () => new Softmax2d(),
  inputs: [[2, 3, 2, 2]],
  outputs: [[2, 3, 2, 2]],
  shown: "Softmax2d()",
});
