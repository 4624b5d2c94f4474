import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on, waiting } from "./_testing.ts";
import {
  arange,
  DTypeError,
  grad,
  gradcheck,
  IndexError,
  manualSeed,
  memory,
  ones,
  rand,
  randn,
  scope,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/core";
import * as nn from "./mod.ts";

const { functional } = nn;
const double = { dtype: "float64", requiresGrad: true } as const;
const classes = (indices: number[] | number[][]) =>
  tensor(indices, { dtype: "int32" });

/** Options of crossEntropy that take different ways. */
const WAYS: readonly nn.functional.CrossEntropyOptions[] = [
  {},
  { reduction: "sum" },
  { reduction: "none" },
  { labelSmoothing: 0.2 },
  { ignoreIndex: 1 },
  { ignoreIndex: 1, labelSmoothing: 0.2, reduction: "none" },
];

describe("crossEntropy", () => {
  it(
    "has gradients of both orders, by whichever way",
    clean(async () => {
      manualSeed(1);
      const weight = tensor([0.5, 1, 2], { dtype: "float64" });
      const target = classes([2, 0, 1, 1]);
      const pixels = classes([[2, 0], [1, 1]]);
      for (const options of [...WAYS, ...WAYS.map((o) => ({ ...o, weight }))]) {
        await gradcheck(
          (x) => functional.crossEntropy(x!, target, options),
          [randn([4, 3], double)],
          { secondOrder: true },
        );
        await gradcheck(
          (x) => functional.crossEntropy(x!, pixels, options),
          [randn([2, 3, 2], double)],
          { secondOrder: true },
        );
      }
      await gradcheck(
        (x, p) => functional.crossEntropy(x!, p!, { labelSmoothing: 0.1 }),
        [randn([4, 3], double), rand([4, 3], double)],
        { secondOrder: true },
      );
    }),
  );

  it(
    "gives the same on a device that is read by waiting",
    async () => {
      manualSeed(6);
      using drawn = randn([5, 3]);
      const numbers = await drawn.toArray() as number[][];
      const weights = [0.5, 1, 2];
      const run = async (backend?: ReturnType<typeof waiting>) => {
        const results: unknown[] = [];
        const compute = async () => {
          using _ = scope();
          const x = tensor(numbers, { requiresGrad: true });
          const target = classes([0, 2, 1, 1, 0]);
          for (const way of [...WAYS, { ignoreIndex: 2 }]) {
            for (const extra of [{}, { weight: tensor(weights) }]) {
              x.grad = null;
              const loss = functional.crossEntropy(x, target, {
                ...way,
                ...extra,
              });
              loss.sum().backward();
              results.push(
                [...await loss.data()].map((v) => v.toFixed(5)),
                [...await x.grad!.data()].map((v) => v.toFixed(5)),
              );
            }
          }
        };
        if (backend) await on(backend, compute);
        else await compute();
        return results;
      };
      const before = memory().bytes;
      assertEquals(await run(waiting("slow")), await run());
      assertEquals(memory().bytes, before);
    },
  );

  it(
    "names a class that is out of range, and how many there are",
    clean(async () => {
      const logits = zeros([2, 3]);
      for (const index of [3, -1]) {
        assertThrows(
          () => functional.crossEntropy(logits, classes([0, index])),
          IndexError,
          `Cannot take the crossEntropy as class ${index} is out of range for 3 classes: expected 0 to 2, or -100 to ignore a sample`,
        );
      }
      await on(waiting("slow"), () =>
        assertRejects(
          async () => {
            const far = zeros([1, 3]);
            await functional.crossEntropy(far, classes([7])).item();
          },
          IndexError,
        ).then(() => {}));
    }),
  );

  it(
    "says how to make class indices of floats",
    clean(() => {
      assertThrows(
        () => functional.crossEntropy(zeros([2, 3]), tensor([0, 1])),
        DTypeError,
        'class indices must be int32: got float32 of shape [2], cast them with target.cast("int32")',
      );
      assertThrows(
        () => functional.nllLoss(zeros([2, 3]), ones([2, 3])),
        DTypeError,
      );
    }),
  );

  it(
    "refuses targets and weights of other shapes",
    clean(() => {
      const logits = zeros([2, 3]);
      const calls: [() => unknown, string][] = [
        [
          () => functional.crossEntropy(logits, classes([0, 1, 2])),
          "got indices [3] for scores [2, 3]",
        ],
        [
          () => functional.crossEntropy(logits, classes([[0], [1]])),
          "one class index for each sample",
        ],
        [
          () => functional.crossEntropy(logits, ones([2, 4])),
          "got [2, 4] for [2, 3]",
        ],
        [
          () =>
            functional.crossEntropy(logits, classes([0, 1]), {
              weight: ones([2]),
            }),
          "got weights [2] for 3 classes",
        ],
        [() => functional.crossEntropy(tensor(1), classes([0])), "0-d"],
      ];
      for (const [call, why] of calls) assertThrows(call, ShapeError, why);
      assertThrows(
        () =>
          functional.crossEntropy(logits, classes([0, 1]), {
            labelSmoothing: 2,
          }),
        RangeError,
        "labelSmoothing must be a number from 0 to 1: got 2",
      );
    }),
  );

  it(
    "is stable for logits of any size",
    clean(() => {
      const logits = tensor([[1e4, 0, -1e4]], { requiresGrad: true });
      const loss = functional.crossEntropy(logits, classes([1]));
      assertEquals(loss.itemSync(), 1e4);
      loss.backward();
      assertEquals(logits.grad!.toArraySync(), [[1, -1, 0]]);
    }),
  );

  it(
    "keeps what backward needs when an inner scope ends",
    clean(() => {
      const logits = zeros([2, 3], { requiresGrad: true });
      let loss: Tensor;
      {
        using s = scope();
        const target = classes([0, 2]);
        const options = { weight: tensor([1, 2, 3]), labelSmoothing: 0.1 };
        loss = s.keep(functional.crossEntropy(logits, target, options));
      }
      loss.backward();
      assertEquals(logits.grad!.shape, [2, 3]);
    }),
  );
});

describe("the other losses", () => {
  it(
    "curve as PyTorch's where the error is 0: huberLoss has its parabola there",
    clean(async () => {
      for (
        const [loss, curvature] of [
          [functional.huberLoss, [1, 1, 0, 0]],
          [functional.mseLoss, [2, 2, 2, 2]],
          [functional.l1Loss, [0, 0, 0, 0]],
        ] as const
      ) {
        const x = tensor([0, 0.5, 1, -2], { requiresGrad: true });
        const y = loss(x, zeros([4]), { reduction: "sum" });
        const [first] = grad(y, x, { createGraph: true });
        const second = first!.requiresGrad
          ? await grad(first!.sum(), x)[0]!.toArray()
          : [0, 0, 0, 0];
        assertEquals(second, [...curvature]);
      }
    }),
  );

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
    "weigh elements by what broadcasts to them, and by nothing else",
    clean(() => {
      const [p, t] = [tensor([[0.5, 0.5]]), tensor([[1, 0]])];
      const { binaryCrossEntropy } = functional;
      const loss = binaryCrossEntropy(p, t, {
        weight: tensor([2, 4]),
        reduction: "none",
      });
      assertAlmostEquals(loss.sum().itemSync(), 6 * Math.LN2, 1e-5);
      assertThrows(
        () => binaryCrossEntropy(p, t, { weight: ones([3]) }),
        ShapeError,
        "the weight must broadcast to the input: got [3] for [1, 2]",
      );
      assertThrows(
        () => binaryCrossEntropy(p, t, { weight: ones([3, 1, 2]) }),
        ShapeError,
      );
    }),
  );

  it(
    "stay finite, and steep, where a prediction is certain and wrong",
    clean(() => {
      const p = tensor([0, 1], { requiresGrad: true });
      const loss = functional.binaryCrossEntropy(p, tensor([1, 0]));
      assertEquals(loss.itemSync(), 100);
      loss.backward();
      const [low, high] = p.grad!.dataSync();
      assert(low! < -1e11 && high! > 1e11);
      const x = tensor([-1000, 1000], { requiresGrad: true });
      const t = tensor([1, 0]);
      const [g] = grad(functional.binaryCrossEntropyWithLogits(x, t), x);
      assertEquals(g!.toArraySync(), [-0.5, 0.5]);
    }),
  );

  it(
    "refuse predictions that are no probabilities",
    clean(async () => {
      const { binaryCrossEntropy } = functional;
      const target = tensor([1, 0, 1]);
      const wrong = [[0.5, 1.0001, 0], [-1e-6, 0, 1], [Infinity, 0, 0]];
      for (const values of wrong) {
        for (const reduction of ["mean", "sum", "none"] as const) {
          for (const dtype of ["float32", "float64"] as const) {
            const p = tensor(values, { dtype, requiresGrad: true });
            assertThrows(
              () => binaryCrossEntropy(p, target, { reduction }),
              RangeError,
              "Cannot take the binaryCrossEntropy as predictions must lie between 0 and 1: got 1 outside, apply sigmoid or use binaryCrossEntropyWithLogits",
            );
          }
        }
        assertThrows(
          () => new nn.BCELoss().forward(tensor(values), target),
          RangeError,
        );
        assert(
          Number.isFinite(
            functional.binaryCrossEntropyWithLogits(
              tensor(values).clamp({ max: 9 }),
              target,
            ).itemSync(),
          ),
        );
      }
      binaryCrossEntropy(tensor([0, -0, 1]), target);
      // A prediction that is NaN gives a loss that is.
      const loss = binaryCrossEntropy(tensor([NaN, 0, 1]), target);
      assert(Number.isNaN(loss.itemSync()));

      // A device that must wait tells it with the next read, once.
      const device = waiting("slow");
      const place = { device };
      const far = binaryCrossEntropy(
        tensor([2, -1, 0], place),
        tensor([1, 0, 1], place),
      );
      binaryCrossEntropy(tensor([0.5], place), tensor([1], place));
      const other = ones([1], place);
      await assertRejects(() => other.data(), RangeError, "got 2 outside");
      assertEquals(await other.toArray(), [1]);
      assert((await far.data()).length === 1);
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
