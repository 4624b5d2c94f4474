import {
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  DTypeError,
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
import { clean, on, waiting } from "../_testing.ts";
import * as nn from "../mod.ts";
import { describeGradients } from "./_gradients_testing.ts";
import { crossEntropy, nllLoss } from "./classification_losses.ts";

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
      // So many classes that probabilities are kept.
      await gradcheck(
        (x) =>
          functional.crossEntropy(x!.pad([0, 3000], { value: -9 }), target),
        [randn([4, 3], double)],
        { secondOrder: true },
      );
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
    "keeps its digits where a class has next to no probability",
    clean(async () => {
      const target = classes([0, 1, 2, 0]);
      const cases = [-1, -60, -300, -Infinity].flatMap((last) =>
        [0, 3000].map((more) => [last, more] as const)
      );
      for (const dtype of ["float32", "float64", "float16"] as const) {
        // Alone, and beside an unlikely one: e^-60, e^-300, and none at all.
        for (const [last, more] of cases) {
          const rows = [[2, -1, 0], [0, 3, 1], [1, 1, 1], [last, 0, -1]];
          const given = tensor(rows, { dtype });
          // Many classes are another way than few.
          const x = given.pad([0, more], { value: -Infinity }).detach()
            .requiresGrad_();
          const losses = functional.crossEntropy(x, target, {
            reduction: "none",
          });
          losses.sum().backward();
          const gradients = await x.grad!.toArray() as number[][];
          const found = await losses.data();
          const near = dtype === "float64" ? 1e-13 : 2e-6;
          const bound = dtype === "float16" ? 1e-3 : near;
          rows.forEach((row, i) => {
            const top = Math.max(...row);
            const powers = row.map((value) => Math.exp(value - top));
            const sum = powers.reduce((a, b) => a + b);
            const own = [0, 1, 2, 0][i]!;
            const loss = Math.log(sum) + top - row[own]!;
            if (loss === Infinity) assertEquals(found[i], loss);
            else assertAlmostEquals(found[i]!, loss, bound * (1 + loss));
            powers.forEach((power, j) => {
              const slope = power / sum - (j === own ? 1 : 0);
              assertAlmostEquals(gradients[i]![j]!, slope, bound);
            });
          });
        }
        const none = tensor([[NaN, 0]], { dtype }).pad([0, 9000]);
        const loss = functional.crossEntropy(none, classes([1]));
        assertEquals(await loss.item(), NaN);
      }
    }),
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

describeGradients({
  crossEntropy: [
    [[3, 4]],
    (x) => crossEntropy(x!, classes([2, 0, 3]), { labelSmoothing: 0.1 }),
  ],
  "crossEntropy of probabilities": [
    [[3, 4], [3, 4]],
    (x, y) => crossEntropy(x!, y!.softmax(1)),
  ],
  nllLoss: [
    [[3, 4]],
    (x) => nllLoss(x!, classes([2, 0, 3]), { reduction: "sum" }),
  ],
});
