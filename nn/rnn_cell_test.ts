import { describeLayer } from "./_layer_testing.ts";
import { RNNCell } from "./rnn_cell.ts";

describeLayer("RNNCell", {
  make: () => new RNNCell(4, 3),
  inputs: [[2, 4]],
  outputs: [[2, 3]],
  state: { weight_ih: [3, 4], weight_hh: [3, 3], bias_ih: [3], bias_hh: [3] },
  shown: "RNNCell(4, 3)",
});
