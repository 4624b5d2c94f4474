import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { randn, scope, stack, type Tensor } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { LSTMCell } from "./lstm_cell.ts";
import { clean } from "./_testing.ts";
import { close } from "./_recurrent_testing.ts";
import { LSTM } from "./lstm.ts";

describeLayer("LSTMCell", {
  make: () => new LSTMCell(4, 3, { bias: false }),
  inputs: [[2, 4]],
  outputs: [[2, 3], [2, 3]],
  state: { weight_ih: [12, 4], weight_hh: [12, 3] },
  shown: "LSTMCell(4, 3, bias=false)",
});

describe("LSTM and LSTMCell", () => {
  it(
    "go on from the state that they gave",
    clean(() => {
      using _ = scope();
      using layer = new LSTM(2, 3);
      using cell = new LSTMCell(2, 3);
      cell.loadStateDict(Object.fromEntries(
        Object.entries(layer.stateDict())
          .map(([name, t]) => [name.replace("_l0", ""), t]),
      ));
      const x = randn([5, 2, 2]);
      const [whole] = layer.forward(x);
      const [, middle] = layer.forward(x.narrow(0, 0, 2));
      const [rest] = layer.forward(x.narrow(0, 2, 3), middle);
      assertEquals(close(rest, whole.narrow(0, 2, 3)), true);
      let state: [Tensor, Tensor] | undefined;
      const steps = x.unbind().map((x) => (state = cell.forward(x, state))[0]);
      assertEquals(close(stack(steps), whole), true);
    }),
  );
});
