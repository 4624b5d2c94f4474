import { assertAlmostEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "@tenfold/core";
import { sgd } from "./_schedule_testing.ts";
import { clean } from "./_testing.ts";
import {
  Adagrad,
  ChainedScheduler,
  ConstantLR,
  CyclicLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiStepLR,
  OneCycleLR,
  ReduceLROnPlateau,
  SequentialLR,
  StepLR,
} from "./mod.ts";

describe("schedules", () => {
  it(
    "act on one optimizer together",
    clean(() => {
      const optimizer = sgd();
      const schedules = [
        new LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 }),
        new ExponentialLR(optimizer, { gamma: 0.5 }),
      ];
      const lrs: number[] = [];
      for (let i = 0; i < 4; i++) {
        lrs.push(optimizer.paramGroups[0].lr);
        for (const schedule of schedules) schedule.step();
      }
      const expected = [0.05, 0.0375, 0.025, 0.0125];
      lrs.forEach((lr, i) => assertAlmostEquals(lr, expected[i]!, 1e-12));
    }),
  );

  it(
    "say which option is wrong",
    clean(() => {
      const o = sgd();
      const cases: [() => unknown, ErrorConstructor, string][] = [
        [
          () => new StepLR(o, { stepSize: 0 }),
          RangeError,
          "Cannot make a StepLR as stepSize must be a positive integer: got 0",
        ],
        [
          () => new StepLR(o, {} as never),
          TypeError,
          "stepSize must be a positive integer: got undefined",
        ],
        [
          () => new MultiStepLR(o, { milestones: [1.5] }),
          RangeError,
          "milestones.0 must be an integer: got 1.5",
        ],
        [() => new LinearLR(o, { startFactor: 0 }), RangeError, "startFactor"],
        [
          () => new OneCycleLR(o, { maxLr: 1 }),
          RangeError,
          "totalSteps, or epochs and stepsPerEpoch, must be given",
        ],
        [
          () => new OneCycleLR(o, { maxLr: [1, 2], totalSteps: 3 }),
          RangeError,
          "maxLr must be a number, or one for each of 1 groups: got 2",
        ],
        [
          () => new LambdaLR(o, { lrLambda: [] }),
          RangeError,
          "lrLambda must be a function, or one for each of 1 groups: got 0",
        ],
        [
          () => new LambdaLR(o, { lrLambda: 0.5 as never }),
          TypeError,
          "lrLambda must be a function, or one for each group: got 0.5",
        ],
        [
          () => new LambdaLR(o, { lrLambda: (() => "x") as never }),
          TypeError,
          'lrLambda must give a number: got "x" for step 0',
        ],
        [
          () => new CyclicLR(o, { baseLr: 1, maxLr: [1, 2] }),
          RangeError,
          "Cannot make a CyclicLR as maxLr must be a number, or one for each of 1 groups: got 2",
        ],
        [() => new ConstantLR(o, { factor: 0 }), RangeError, "factor"],
        [
          () =>
            new SequentialLR(o, {
              schedulers: [new StepLR(o, { stepSize: 1 })],
              milestones: [1],
            }),
          RangeError,
          "there must be one milestone fewer than schedules: got 1 for 1",
        ],
        [
          () =>
            new SequentialLR(o, {
              schedulers: [0, 1, 2].map(() => new StepLR(o, { stepSize: 1 })),
              milestones: [2, 2],
            }),
          RangeError,
          "milestones must be ascending, from 1 on: got [2, 2]",
        ],
        [
          () =>
            new SequentialLR(o, {
              schedulers: [new StepLR(sgd(), { stepSize: 1 })],
              milestones: [],
            }),
          TypeError,
          "its schedules must be of one optimizer",
        ],
        [
          () => new ChainedScheduler([new ReduceLROnPlateau(o) as never]),
          TypeError,
          "it takes schedules that follow the step alone",
        ],
        [() => new ChainedScheduler([]), TypeError, "an array of schedules"],
        [
          () => new ReduceLROnPlateau(o, { factor: 1 }),
          RangeError,
          "factor must be below 1: got 1",
        ],
        [
          () => new ReduceLROnPlateau(o, { minLr: [1, 2] }),
          RangeError,
          "minLr must be a number, or one for each of 1 groups: got 2",
        ],
      ];
      for (const [make, kind, why] of cases) assertThrows(make, kind, why);
      const still = new Adagrad([tensor(0)]);
      assertThrows(
        () => new OneCycleLR(still, { maxLr: 1, totalSteps: 3 }),
        RangeError,
        "has no momentum to change: pass { cycleMomentum: false }",
      );
      assertThrows(
        () => new CyclicLR(still, { baseLr: 0, maxLr: 1 }),
        RangeError,
        "has no momentum to change: pass { cycleMomentum: false }",
      );
      new OneCycleLR(still, { maxLr: 1, totalSteps: 3, cycleMomentum: false });
    }),
  );
});
