import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  arange,
  gradcheck,
  manualSeed,
  ones,
  rand,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { clean } from "./_testing.ts";
import * as nn from "./mod.ts";
import {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  HuberLoss,
  L1Loss,
  MSELoss,
  NLLLoss,
  SmoothL1Loss,
} from "./losses.ts";

const { functional } = nn;

const double = { dtype: "float64", requiresGrad: true } as const;

const classes = (indices: number[] | number[][]) =>
  tensor(indices, { dtype: "int32" });

describe("losses", () => {
  it(
    "have gradients of both orders",
    clean(async () => {
      manualSeed(8);
      const [x, y] = [randn([3, 2], double), randn([3, 2], double)];
      const p = rand([3, 2], double);
      const t = rand([3, 2], { dtype: "float64" });
      const weight = tensor([1, 3], { dtype: "float64" });
      const checks: [(x: Tensor, y: Tensor) => Tensor, Tensor[]][] = [
        [(x, y) => functional.mseLoss(x, y), [x, y]],
        [(x, y) => functional.huberLoss(x, y, { delta: 0.7 }), [x, y]],
        [(x, y) => functional.l1Loss(x, y, { reduction: "sum" }), [x, y]],
        [(p) => functional.binaryCrossEntropy(p, t, { weight }), [p]],
        [
          (x, y) =>
            functional.binaryCrossEntropyWithLogits(x, y, {
              weight,
              posWeight: weight,
            }),
          [x, y],
        ],
        [(x) => functional.nllLoss(x, classes([0, 1, 1]), { weight }), [x]],
      ];
      for (const [loss, inputs] of checks) {
        await gradcheck((...xs) => loss(xs[0]!, xs[1]!), inputs, {
          secondOrder: true,
        });
      }
    }),
  );

  it(
    "do not broadcast predictions against targets",
    clean(() => {
      const [column, row] = [zeros([4, 1]), zeros([4])];
      for (
        const loss of [
          functional.mseLoss,
          functional.l1Loss,
          functional.huberLoss,
          functional.binaryCrossEntropy,
          functional.binaryCrossEntropyWithLogits,
        ]
      ) {
        assertThrows(
          () => loss(column, row),
          ShapeError,
          "input and target must have one shape: got [4, 1] and [4]",
        );
      }
    }),
  );

  it(
    "give NaN for the mean of nothing and 0 for its sum",
    clean(() => {
      const none = zeros([0, 3]);
      assert(Number.isNaN(functional.mseLoss(none, none).itemSync()));
      const sum = { reduction: "sum" } as const;
      assertEquals(functional.mseLoss(none, none, sum).itemSync(), 0);
      const index = arange(0);
      assert(Number.isNaN(functional.crossEntropy(none, index).itemSync()));
      assertEquals(functional.crossEntropy(none, index, sum).itemSync(), 0);
    }),
  );

  it(
    "are modules that keep and move their weights",
    clean(() => {
      const weight = tensor([1, 2, 3]);
      using loss = new nn.CrossEntropyLoss({ weight, reduction: "sum" });
      assertEquals(Object.keys(loss.stateDict()), ["weight"]);
      assertEquals(loss.parameters(), []);
      weight.dispose();
      const value = loss.forward(zeros([1, 3]), classes([2])).itemSync();
      assertAlmostEquals(value, 3 * Math.log(3), 1e-5);
      assertThrows(
        () => new nn.MSELoss({ reduction: "average" as "mean" }),
        RangeError,
        'reduction must be one of mean, sum, none: got "average"',
      );
    }),
  );
});

describeLayer("MSELoss", {
  make: () => new MSELoss(),
  inputs: [[3], [3]],
  outputs: [[]],
  shown: "MSELoss(reduction=mean)",
});

describeLayer("L1Loss", {
  make: () => new L1Loss({ reduction: "sum" }),
  inputs: [[3], [3]],
  outputs: [[]],
  shown: "L1Loss(reduction=sum)",
});

describeLayer("HuberLoss", {
  make: () => new HuberLoss({ delta: 0.1 }),
  inputs: [[3], [3]],
  outputs: [[]],
  shown: "HuberLoss(reduction=mean, delta=0.1)",
});

describeLayer("SmoothL1Loss", {
  make: () => new SmoothL1Loss({ beta: 0.5 }),
  inputs: [[3], [3]],
  outputs: [[]],
  shown: "SmoothL1Loss(reduction=mean, beta=0.5)",
});

describeLayer("NLLLoss", {
  make: () => new NLLLoss({ weight: ones([4]) }),
  inputs: [
    () => randn([3, 4]).logSoftmax(1).requiresGrad_(),
    () => classes([1, 0, 3]),
  ],
  outputs: [[]],
  state: { weight: [4] },
  shown: "NLLLoss(reduction=mean)",
});

describeLayer("CrossEntropyLoss", {
  make: () => new CrossEntropyLoss({ weight: ones([4]), labelSmoothing: 0.1 }),
  inputs: [[3, 4], () => classes([1, 0, 3])],
  outputs: [[]],
  state: { weight: [4] },
  shown: "CrossEntropyLoss(reduction=mean)",
});

describeLayer("BCELoss", {
  make: () => new BCELoss(),
  inputs: [() => rand([3]).requiresGrad_(), () => rand([3])],
  outputs: [[]],
  shown: "BCELoss(reduction=mean)",
});

describeLayer("BCEWithLogitsLoss", {
  make: () => new BCEWithLogitsLoss({ posWeight: ones([4]) }),
  inputs: [[3, 4], () => zeros([3, 4])],
  outputs: [[]],
  state: { posWeight: [4] },
  shown: "BCEWithLogitsLoss(reduction=mean)",
});
