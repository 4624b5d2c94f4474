import {
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "@tenfold/core";
import { int32, logitsOf, METRIC_CASES } from "./_testdata/metric_cases.ts";
import "./_testing.ts";
import { accuracy } from "./accuracy.ts";
import { measure } from "./measure.ts";

describe("accuracy beside scikit-learn's", () => {
  for (const [i, figures] of METRIC_CASES.entries()) {
    const { predicted, actual, classes } = figures;
    it(`case ${i}`, async () => {
      assertAlmostEquals(await accuracy(predicted, actual), figures.accuracy);
      assertAlmostEquals(
        await accuracy(int32(predicted), int32(actual)),
        figures.accuracy,
      );
      assertAlmostEquals(
        await measure(accuracy(), logitsOf(predicted, classes), int32(actual)),
        figures.accuracy,
        1e-6,
      );
    });
  }
});

describe("accuracy", () => {
  it("takes a column of scores by a threshold", async () => {
    const scores = tensor([[-1], [2]]);
    assertEquals(await accuracy(scores, int32([0, 1]), { threshold: 0 }), 1);
    assertEquals(
      await accuracy(scores, tensor([[0], [1]]), { threshold: 0 }),
      1,
    );
  });

  it("finds the classes along dim 1, as losses do", async () => {
    // Two samples, two classes, three places.
    const scores = tensor([
      [[1, 0, 1], [0, 1, 0]],
      [[0, 0, 0], [1, 1, 1]],
    ]);
    const truth = tensor([[0, 1, 1], [1, 1, 1]], { dtype: "int32" });
    assertAlmostEquals(await accuracy(scores, truth), 5 / 6);
    assertAlmostEquals(await measure(accuracy(), scores, truth), 5 / 6);
  });

  it("refuses predictions alone, and two kinds", async () => {
    assertThrows(
      () => accuracy(tensor([1]) as never),
      TypeError,
      "Cannot compute accuracy of predictions alone: pass the targets as well",
    );
    await assertRejects(
      () => accuracy(int32([1]), [1]),
      TypeError,
      "Cannot compute accuracy of a tensor and an array: pass two of a kind",
    );
  });
});
