import { describeLayer } from "./_layer_testing.ts";
import { GRU } from "./gru.ts";
import { describeRecurrent } from "./_recurrent_testing.ts";

describeLayer("GRU", {
  make: () => new GRU(4, 3, { bidirectional: true, batchFirst: true }),
  inputs: [[2, 5, 4]],
  outputs: [[2, 5, 6], [2, 2, 3]],
  state: {
    weight_ih_l0: [9, 4],
    weight_hh_l0: [9, 3],
    bias_ih_l0: [9],
    bias_hh_l0: [9],
    weight_ih_l0_reverse: [9, 4],
    weight_hh_l0_reverse: [9, 3],
    bias_ih_l0_reverse: [9],
    bias_hh_l0_reverse: [9],
  },
  shown: "GRU(4, 3, batchFirst=true, bidirectional=true)",
});

describeRecurrent("GRU", (...args) => new GRU(...args));
