import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { grad, ones, ShapeError, tensor } from "@tenfold/core";
import { clean, waiting } from "../_testing.ts";
import * as nn from "../mod.ts";
import { describeGradients } from "./_gradients_testing.ts";
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from "./binary_losses.ts";

const { functional } = nn;

describe("binary losses", () => {
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
    "refuse predictions that are not probabilities",
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
});

describeGradients({
  binaryCrossEntropy: [
    [[4], [4]],
    (x, y) => binaryCrossEntropy(x!.sigmoid(), y!.sigmoid()),
  ],
  binaryCrossEntropyWithLogits: [
    [[4], [4]],
    (x, y) => binaryCrossEntropyWithLogits(x!, y!.sigmoid()),
  ],
});
