import { assertAlmostEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  grad,
  gradcheck,
  ones,
  tensor,
  type TensorOptions,
} from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { clean } from "./_testing.ts";
import * as nn from "./mod.ts";
import {
  ELU,
  GELU,
  LeakyReLU,
  LogSoftmax,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from "./activations.ts";

const double: TensorOptions = { dtype: "float64", requiresGrad: true };

describe("activations", () => {
  it(
    "keep the digits of gelu's approximation in its tail",
    clean(() => {
      const points = [-6, -5, -4, -3, -2];
      const curves = (["float32", "float64"] as const).map((dtype) => {
        const x = tensor(points, { dtype, requiresGrad: true });
        const y = nn.functional.gelu(x, { approximate: "tanh" });
        const [first] = grad(y.sum(), x, { createGraph: true });
        const [second] = grad(first!.sum(), x);
        return [y, first!, second!].map((each) => each.dataSync());
      });
      for (const [order, found] of curves[0]!.entries()) {
        for (const [i, value] of found.entries()) {
          const expected = curves[1]![order]![i]!;
          assertAlmostEquals(value / expected, 1, 1e-4, `order ${order}`);
        }
      }
      // What the formula with tanh gives in float64.
      assertAlmostEquals(curves[1]![0]![3]!, -0.00363739, 1e-7);
    }),
  );

  it(
    "have gradients of both orders",
    clean(async () => {
      const x = tensor([-2.1, -0.4, 0.3, 1.9], double);
      const layers = [
        new nn.GELU({ approximate: "tanh" }),
        new nn.Softplus({ beta: 2, threshold: 3 }),
        new nn.Softplus(),
        new nn.ELU({ alpha: 0.5 }),
        new nn.LeakyReLU({ negativeSlope: 0.2 }),
        new nn.Softmax(),
        new nn.LogSoftmax({ dim: 0 }),
      ];
      for (const layer of layers) {
        await gradcheck((x) => layer.forward(x!), [x], { secondOrder: true });
      }
    }),
  );

  it(
    "say which option is wrong",
    clean(() => {
      assertThrows(
        () => new nn.GELU({ approximate: "tan" as "tanh" }),
        RangeError,
        'approximate must be one of none, tanh: got "tan"',
      );
      assertThrows(() => new nn.Softplus({ beta: 0 }), RangeError, "beta");
      assertThrows(() => new nn.Softmax({ dim: 0.5 }), RangeError, "dim");
      assertThrows(
        () => nn.functional.elu(ones([1]), { alpha: "1" as never }),
        TypeError,
        'Cannot apply elu as alpha must be a number: got "1"',
      );
    }),
  );
});

describeLayer("ReLU", {
  make: () => new ReLU(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "ReLU()",
});

describeLayer("LeakyReLU", {
  make: () => new LeakyReLU({ negativeSlope: 0.2 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "LeakyReLU(negativeSlope=0.2)",
});

describeLayer("ELU", {
  make: () => new ELU({ alpha: 0.5 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "ELU(alpha=0.5)",
});

describeLayer("GELU", {
  make: () => new GELU({ approximate: "tanh" }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "GELU(approximate=tanh)",
});

describeLayer("SiLU", {
  make: () => new SiLU(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "SiLU()",
});

describeLayer("Tanh", {
  make: () => new Tanh(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Tanh()",
});

describeLayer("Sigmoid", {
  make: () => new Sigmoid(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Sigmoid()",
});

describeLayer("Softplus", {
  make: () => new Softplus({ beta: 2 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Softplus(beta=2, threshold=20)",
});

describeLayer("Softmax", {
  make: () => new Softmax({ dim: 1 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Softmax(dim=1)",
});

describeLayer("LogSoftmax", {
  make: () => new LogSoftmax({ dim: 0 }),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "LogSoftmax(dim=0)",
});
