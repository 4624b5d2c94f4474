import { describeLayer } from "./_layer_testing.ts";
import { GRUCell } from "./gru_cell.ts";

describeLayer("GRUCell", {
  make: () => new GRUCell(4, 3),
  inputs: [[3, 4]],
  outputs: [[3, 3]],
  state: { weight_ih: [9, 4], weight_hh: [9, 3], bias_ih: [9], bias_hh: [9] },
  shown: "GRUCell(4, 3)",
});
