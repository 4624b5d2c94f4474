import { assertEquals, assertThrows } from "@std/assert";
import {
  gradcheck,
  manualSeed,
  memory,
  randn,
  scope,
  ShapeError,
} from "@tenfold/core";
import { describe, it } from "@std/testing/bdd";
import { describeLayer } from "./_layer_testing.ts";
import { LSTM } from "./lstm.ts";
import { describeRecurrent } from "./_recurrent_testing.ts";
import { clean } from "./_testing.ts";

describeLayer("LSTM", {
  make: () => new LSTM(4, 3, { projSize: 2, numLayers: 2 }),
  inputs: [[5, 2, 4]],
  outputs: [[5, 2, 2], [2, 2, 2], [2, 2, 3]],
  state: {
    weight_ih_l0: [12, 4],
    weight_hh_l0: [12, 2],
    bias_ih_l0: [12],
    bias_hh_l0: [12],
    weight_hr_l0: [2, 3],
    weight_ih_l1: [12, 2],
    weight_hh_l1: [12, 2],
    bias_ih_l1: [12],
    bias_hh_l1: [12],
    weight_hr_l1: [2, 3],
  },
  shown: "LSTM(4, 3, projSize=2, numLayers=2)",
});

describeRecurrent("LSTM", (...args) => new LSTM(...args));

describe("LSTM of states", () => {
  it(
    "has gradients that differences agree with, of two layers with projections",
    clean(async () => {
      manualSeed(1);
      using _ = scope();
      const dtype = "float64";
      const x = randn([3, 2, 2], { dtype, requiresGrad: true });
      using layer = new LSTM(2, 3, { dtype, numLayers: 2, projSize: 2 });
      await gradcheck((x) => layer.forward(x!)[0].sin(), [x]);
    }),
  );

  it(
    "leaves nothing behind but its results",
    clean(() => {
      using layer = new LSTM(2, 3, { bidirectional: true, numLayers: 2 });
      using x = randn([4, 2, 2]);
      const before = memory().tensors;
      const [output, [h, c]] = layer.forward(x);
      assertEquals(memory().tensors - before, 3);
      for (const t of [output, h, c]) t.dispose();
    }),
  );

  it(
    "says what it cannot take",
    clean(() => {
      using _ = scope();
      using layer = new LSTM(2, 3);
      assertThrows(
        () => layer.forward(randn([4, 2, 5])),
        ShapeError,
        "must be [T, N, 2] or [T, 2], with at least one element: got [4, 2, 5]",
      );
      assertThrows(
        () => layer.forward(randn([0, 2, 2])),
        ShapeError,
        "at least one element",
      );
      const [h, c] = [randn([1, 2, 3]), randn([1, 1, 3])];
      assertThrows(
        () => layer.forward(randn([4, 2, 2]), [h, c]),
        ShapeError,
        "the initial cell must have shape [1, 2, 3]: got [1, 1, 3]",
      );
      assertThrows(
        () => layer.forward(randn([4, 2, 2]), h as never),
        TypeError,
        "the initial states must be [h, c]",
      );
      assertThrows(
        () => new LSTM(2, 3, { projSize: 3 }),
        RangeError,
        "projSize must be less than hiddenSize",
      );
    }),
  );
});
