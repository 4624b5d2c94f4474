import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { int32, logitsOf, METRIC_CASES } from "./_testdata/metric_cases.ts";
import "./_testing.ts";
import { confusionMatrix } from "./confusion_matrix.ts";

describe("a confusion matrix beside scikit-learn's", () => {
  for (const [i, figures] of METRIC_CASES.entries()) {
    const { predicted, actual, classes } = figures;
    it(`case ${i}`, async () => {
      const expected = figures.confusion.map((row) => [...row]);
      assertEquals(
        await confusionMatrix(predicted, actual, { classes }),
        expected,
      );
      assertEquals(
        await confusionMatrix(logitsOf(predicted, classes), int32(actual)),
        expected,
      );
    });
    for (const by of ["true", "predicted", "all"] as const) {
      it(`case ${i}, normalized by ${by}`, async () => {
        const found = await confusionMatrix(predicted, actual, {
          classes,
          normalize: by,
        });
        const expected = figures.normalized[by]!.flat();
        found.flat().forEach((f, k) => assertAlmostEquals(f, expected[k]!));
      });
    }
  }
});
