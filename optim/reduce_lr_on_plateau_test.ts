import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "@tenfold/core";
import { clean } from "./_testing.ts";
import {
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
  SGD,
} from "./mod.ts";

const sgd = () => new SGD([tensor(0)], { lr: 0.1, momentum: 0.9 });

describe("ReduceLROnPlateau", () => {
  it(
    "goes on from its state",
    clean(() => {
      const metrics = [3, 2, 2, 2, 2, 2, 1, 1, 1, 1];
      const options = { patience: 1, cooldown: 1 };
      const straight = sgd();
      const whole = new ReduceLROnPlateau(straight, options);
      for (const metric of metrics) whole.step(metric);

      const optimizer = sgd();
      const before = new ReduceLROnPlateau(optimizer, options);
      for (const metric of metrics.slice(0, 4)) before.step(metric);
      const after = new ReduceLROnPlateau(optimizer, options);
      after.loadStateDict(JSON.parse(JSON.stringify(before.stateDict())));
      for (const metric of metrics.slice(4)) after.step(metric);
      assertEquals(after.lrs(), whole.lrs());
      assertThrows(() => after.loadStateDict({} as never), RangeError);
    }),
  );

  /** The rate after each metric, from 1. */
  const rates = (
    metrics: readonly number[],
    options: ReduceLROnPlateauOptions,
  ): number[] => {
    const optimizer = new SGD([tensor(0)], { lr: 1 });
    const schedule = new ReduceLROnPlateau(optimizer, {
      patience: 1,
      factor: 0.5,
      ...options,
    });
    return metrics.map((metric) => {
      schedule.step(metric);
      return schedule.lrs()[0];
    });
  };

  it(
    "goes on from infinite metrics, as PyTorch does",
    clean(() => {
      const cases: [readonly number[], readonly number[], "min" | "max"][] = [
        [[Infinity, 5, 4, 3, 2, 1], [1, 1, 1, 1, 1, 1], "min"],
        [[-Infinity, 5, 4, 3], [1, 1, 0.5, 0.5], "min"],
        [[Infinity, Infinity, Infinity, Infinity], [1, 0.5, 0.5, 0.25], "min"],
        [[5, Infinity, Infinity, 1], [1, 1, 0.5, 0.5], "min"],
        [[-Infinity, -Infinity, -Infinity], [1, 1, 0.5], "min"],
        [[-Infinity, 5, 4, 3], [1, 1, 1, 0.5], "max"],
        [[Infinity, 5, 4, 3, 2], [1, 1, 0.5, 0.5, 0.25], "max"],
        [[5, Infinity, Infinity, 1], [1, 1, 1, 0.5], "max"],
        [[NaN, NaN, NaN, 1, 2], [1, 0.5, 0.5, 0.5, 0.5], "max"],
        [[1, NaN, NaN, NaN], [1, 1, 0.5, 0.5], "min"],
      ];
      for (const [metrics, expected, mode] of cases) {
        for (const thresholdMode of ["rel", "abs"] as const) {
          assertEquals(
            rates(metrics, { mode, thresholdMode }),
            expected,
            `${metrics}, ${mode}, ${thresholdMode}`,
          );
        }
      }
    }),
  );

  it(
    "takes standing still for no progress, above 0, at 0 and below",
    clean(() => {
      for (const mode of ["min", "max"] as const) {
        for (const thresholdMode of ["rel", "abs"] as const) {
          for (const level of [-3, -1, 0, 1, 3]) {
            assertEquals(
              rates(Array(4).fill(level), { mode, thresholdMode }),
              [1, 1, 0.5, 0.5],
              `${level}, ${mode}, ${thresholdMode}`,
            );
          }
        }
      }
    }),
  );

  it(
    "asks for the threshold alike on both sides of 0",
    clean(() => {
      const options = { threshold: 0.1, patience: 0 };
      for (const level of [-10, 10]) {
        for (const [mode, sign] of [["min", -1], ["max", 1]] as const) {
          const less = [level, level + sign * 0.9];
          const more = [level, level + sign * 1.1];
          assertEquals(rates(less, { ...options, mode }), [1, 0.5]);
          assertEquals(rates(more, { ...options, mode }), [1, 1]);
          const abs = { ...options, mode, thresholdMode: "abs" } as const;
          assertEquals(rates([level, level + sign * 0.09], abs), [1, 0.5]);
          assertEquals(rates([level, level + sign * 0.11], abs), [1, 1]);
        }
      }
    }),
  );

  it(
    "needs a metric, and takes NaN for no progress",
    clean(() => {
      const schedule = new ReduceLROnPlateau(sgd(), { patience: 0 });
      assertThrows(
        () => schedule.step(undefined as never),
        TypeError,
        "Cannot step a ReduceLROnPlateau without a metric",
      );
      schedule.step(NaN);
      assertAlmostEquals(schedule.lrs()[0], 0.01, 1e-12);
      schedule.step(1);
      assertEquals(schedule.best, 1);
    }),
  );

  it(
    "refuses a group that joins with a least rate for each",
    clean(() => {
      const optimizer = sgd();
      const schedule = new ReduceLROnPlateau(optimizer, { minLr: [0] });
      optimizer.addParamGroup({ params: [tensor(1)] });
      const before = schedule.stateDict();
      assertThrows(() => schedule.step(1), RangeError, "one for each of 2");
      assertEquals(schedule.stateDict(), before);
    }),
  );
});
