import { describeLayer } from "./_layer_testing.ts";
import { RNN } from "./rnn.ts";
import { describeRecurrent } from "./_recurrent_testing.ts";

describeLayer("RNN", {
  make: () => new RNN(4, 3),
  inputs: [[5, 2, 4]],
  outputs: [[5, 2, 3], [1, 2, 3]],
  state: {
    weight_ih_l0: [3, 4],
    weight_hh_l0: [3, 3],
    bias_ih_l0: [3],
    bias_hh_l0: [3],
  },
  shown: "RNN(4, 3)",
});

describeLayer("RNN with ReLU", {
  make: () => new RNN(4, 3, { nonlinearity: "relu", numLayers: 2 }),
  inputs: [[5, 4]],
  outputs: [[5, 3], [2, 3]],
  state: {
    weight_ih_l0: [3, 4],
    weight_hh_l0: [3, 3],
    bias_ih_l0: [3],
    bias_hh_l0: [3],
    weight_ih_l1: [3, 3],
    weight_hh_l1: [3, 3],
    bias_ih_l1: [3],
    bias_hh_l1: [3],
  },
  shown: "RNN(4, 3, numLayers=2, nonlinearity=relu)",
});

describeRecurrent("RNN", (...args) => new RNN(...args));
