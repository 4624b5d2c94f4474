import { assertAlmostEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Average } from "./_average.ts";
import { int32, logitsOf, METRIC_CASES } from "./_testdata/metric_cases.ts";
import "./_testing.ts";
import { f1 } from "./f1.ts";
import { measure } from "./measure.ts";
import { precision } from "./precision.ts";
import { recall } from "./recall.ts";

describe("precision, recall and f1 beside scikit-learn's", () => {
  for (const [i, figures] of METRIC_CASES.entries()) {
    const { predicted, actual, classes } = figures;
    for (const [average, scores] of Object.entries(figures.averages)) {
      for (const zeroDivision of [0, 1] as const) {
        const options = { average: average as Average, zeroDivision };
        const expected = scores[`zeroDivision${zeroDivision}`];
        it(`${average} figures of case ${i}, 0 / 0 as ${zeroDivision}`, async () => {
          for (
            const [name, metric] of [
              ["precision", precision],
              ["recall", recall],
              ["f1", f1],
            ] as const
          ) {
            const figure = expected[name];
            assertAlmostEquals(
              await metric(predicted, actual, options),
              figure,
            );
            assertAlmostEquals(
              await metric(int32(predicted), int32(actual), options),
              figure,
            );
            assertAlmostEquals(
              await measure(
                metric(options),
                logitsOf(predicted, classes),
                int32(actual),
              ),
              figure,
            );
            assertAlmostEquals(
              await measure(
                metric({ ...options, classes }),
                int32(predicted),
                int32(actual),
              ),
              figure,
            );
          }
        });
      }
    }
  }
});
