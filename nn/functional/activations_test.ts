import { describeGradients } from "./_gradients_testing.ts";
import {
  elu,
  gelu,
  leakyRelu,
  logSoftmax,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from "./activations.ts";

describeGradients({
  relu: [[[5]], (x) => relu(x!)],
  leakyRelu: [[[5]], (x) => leakyRelu(x!, { negativeSlope: 0.2 })],
  elu: [[[5]], (x) => elu(x!, { alpha: 0.7 })],
  gelu: [[[5]], (x) => gelu(x!)],
  "gelu tanh": [[[5]], (x) => gelu(x!, { approximate: "tanh" })],
  silu: [[[5]], (x) => silu(x!)],
  tanh: [[[5]], (x) => tanh(x!)],
  sigmoid: [[[5]], (x) => sigmoid(x!)],
  softplus: [[[5]], (x) => softplus(x!, { beta: 2 })],
  softmax: [[[2, 3]], (x) => softmax(x!, 1)],
  logSoftmax: [[[2, 3]], (x) => logSoftmax(x!, 1)],
});
