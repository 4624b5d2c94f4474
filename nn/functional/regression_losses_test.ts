import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { grad, tensor, zeros } from "@tenfold/core";
import { clean } from "../_testing.ts";
import * as nn from "../mod.ts";
import { describeGradients } from "./_gradients_testing.ts";
import {
  huberLoss,
  l1Loss,
  mseLoss,
  smoothL1Loss,
} from "./regression_losses.ts";

const { functional } = nn;

describe("regression losses", () => {
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
});

describeGradients({
  smoothL1Loss: [[[5], [5]], (x, y) => smoothL1Loss(x!, y!)],
  mseLoss: [[[5], [5]], (x, y) => mseLoss(x!, y!)],
  l1Loss: [[[5], [5]], (x, y) => l1Loss(x!, y!)],
  huberLoss: [[[5], [5]], (x, y) => huberLoss(x!, y!, { delta: 0.7 })],
});
