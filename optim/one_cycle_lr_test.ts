import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { describeSchedule, sgd } from "./_schedule_testing.ts";
import { clean } from "./_testing.ts";
import { OneCycleLR, type OneCycleLROptions } from "./one_cycle_lr.ts";

describeSchedule("OneCycleLR", {
  make: (o, lastEpoch = -1) =>
    new OneCycleLR(o, { maxLr: 1, totalSteps: 12, lastEpoch }),
  fixed: true,
});

describe("OneCycleLR", () => {
  it(
    "OneCycleLR goes on in a cycle of its own length and height only",
    clean(() => {
      const cycle = (maxLr: number, totalSteps: number) =>
        new OneCycleLR(sgd(), { maxLr, totalSteps });
      const state = cycle(1, 5).stateDict();
      assertThrows(
        () => cycle(1, 7).loadStateDict(state),
        RangeError,
        "its cycle differs: got 5 steps, expected 7",
      );
      const other = cycle(0.5, 5);
      assertThrows(
        () => other.loadStateDict(state),
        RangeError,
        "its largest rate differs: got 1, expected 0.5",
      );
      assertEquals(other.stateDict().baseLrs, [0.02]);
    }),
  );

  it(
    "OneCycleLR is at the end of a phase of one step at once",
    clean(() => {
      // PyTorch divides by 0 in most of these, and agrees in the others.
      const cases: [Partial<OneCycleLROptions>, number[]][] = [
        [{ totalSteps: 2, pctStart: 0.5 }, [1, 4e-6]],
        [{ totalSteps: 1 }, [4e-6]],
        [{ totalSteps: 1, pctStart: 1 }, [1]],
        [{ totalSteps: 4, pctStart: 0.25 }, [1, 0.750001, 0.250003, 4e-6]],
        [
          { totalSteps: 4, pctStart: 0.5, threePhase: true },
          [0.04, 1, 0.04, 4e-6],
        ],
        [{ totalSteps: 2, pctStart: 0.5, threePhase: true }, [1, 4e-6]],
        [
          { totalSteps: 3, pctStart: 1 / 3, threePhase: true },
          [1, 0.020002, 4e-6],
        ],
      ];
      for (const annealStrategy of ["cos", "linear"] as const) {
        for (const [options, expected] of cases) {
          const optimizer = sgd();
          const schedule = new OneCycleLR(optimizer, {
            maxLr: 1,
            annealStrategy,
            ...options,
          });
          const lrs = [schedule.lrs()[0]];
          for (let i = 0; i < expected.length; i++) {
            assert(
              Number.isFinite(optimizer.paramGroups[0].momentum),
              JSON.stringify(options),
            );
            schedule.step();
            lrs.push(schedule.lrs()[0]);
          }
          assert(lrs.every(Number.isFinite), JSON.stringify([options, lrs]));
          assertAlmostEquals(lrs[0]!, expected[0]!, 1e-12);
          const last = expected.length - 1;
          assertAlmostEquals(lrs[last]!, expected[last]!, 1e-12);
          if (annealStrategy === "linear") continue;
          expected.forEach((lr, i) => assertAlmostEquals(lrs[i]!, lr, 1e-6));
        }
      }
    }),
  );

  it(
    "OneCycleLR refuses factors that divide by 0",
    clean(() => {
      for (const name of ["divFactor", "finalDivFactor"]) {
        assertThrows(
          () => new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 3, [name]: 0 }),
          RangeError,
          `${name} must be above 0: got 0`,
        );
      }
    }),
  );

  it(
    "OneCycleLR ends with its cycle",
    clean(() => {
      const schedule = new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 3 });
      for (let i = 0; i < 3; i++) schedule.step();
      assertThrows(
        () => schedule.step(),
        RangeError,
        "Cannot take step 4 of a OneCycleLR as its cycle has 3 steps",
      );
    }),
  );
});
