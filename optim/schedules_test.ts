import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "./_testing.ts";
import { tensor } from "@tenfold/core";
import {
  Adagrad,
  CosineAnnealingLR,
  ExponentialLR,
  LinearLR,
  type LRScheduler,
  MultiStepLR,
  OneCycleLR,
  type OneCycleLROptions,
  type Optimizer,
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
  SGD,
  StepLR,
} from "./mod.ts";

const sgd = () => new SGD([tensor(0)], { lr: 0.1, momentum: 0.9 });

const SCHEDULES: readonly {
  name: string;
  make: (optimizer: Optimizer, lastEpoch?: number) => LRScheduler;
}[] = [
  {
    name: "StepLR",
    make: (o, lastEpoch = -1) => new StepLR(o, { stepSize: 3, lastEpoch }),
  },
  {
    name: "MultiStepLR",
    make: (o, lastEpoch = -1) =>
      new MultiStepLR(o, { milestones: [2, 5], lastEpoch }),
  },
  {
    name: "ExponentialLR",
    make: (o, lastEpoch = -1) =>
      new ExponentialLR(o, { gamma: 0.9, lastEpoch }),
  },
  {
    name: "CosineAnnealingLR",
    make: (o, lastEpoch = -1) =>
      new CosineAnnealingLR(o, { tMax: 6, lastEpoch }),
  },
  {
    name: "LinearLR",
    make: (o, lastEpoch = -1) => new LinearLR(o, { totalIters: 6, lastEpoch }),
  },
  {
    name: "OneCycleLR",
    make: (o, lastEpoch = -1) =>
      new OneCycleLR(o, { maxLr: 1, totalSteps: 12, lastEpoch }),
  },
];

for (const { name, make } of SCHEDULES) {
  describe(name, () => {
    it(
      "goes on from its state and the optimizer's",
      clean(() => {
        const straight = sgd();
        const whole = make(straight);
        const expected: number[] = [];
        for (let i = 0; i < 10; i++) {
          expected.push(straight.paramGroups[0]!.lr);
          whole.step();
        }
        const first = sgd();
        const before = make(first);
        for (let i = 0; i < 4; i++) before.step();
        const optimizerState = JSON.parse(JSON.stringify(first.stateDict()));
        const scheduleState = JSON.parse(JSON.stringify(before.stateDict()));

        const second = sgd();
        const after = make(second);
        second.loadStateDict(optimizerState);
        after.loadStateDict(scheduleState);
        for (let i = 4; i < 10; i++) {
          assertEquals(second.paramGroups[0]!.lr, expected[i], `step ${i}`);
          after.step();
        }
      }),
    );

    it(
      "goes on from a number of steps, once the optimizer knows the start",
      clean(() => {
        const first = sgd();
        const before = make(first);
        for (let i = 0; i < 3; i++) before.step();
        const second = sgd();
        assertThrows(
          () => make(second, 3),
          RangeError,
          "Cannot go on from step 3 as group 0 has no initialLr",
        );
        second.loadStateDict(first.stateDict());
        const after = make(second, 3);
        before.step();
        assertAlmostEquals(after.lrs()[0]!, before.lrs()[0]!, 1e-12);
      }),
    );

    it(
      "refuses the state of other groups",
      clean(() => {
        const schedule = make(sgd());
        const state = { ...schedule.stateDict(), baseLrs: [1, 2] };
        assertThrows(() => schedule.loadStateDict(state), RangeError);
      }),
    );
  });
}

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
        lrs.push(optimizer.paramGroups[0]!.lr);
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
      new OneCycleLR(still, { maxLr: 1, totalSteps: 3, cycleMomentum: false });
    }),
  );

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
          const lrs = [schedule.lrs()[0]!];
          for (let i = 0; i < expected.length; i++) {
            assert(
              Number.isFinite(optimizer.paramGroups[0]!.momentum),
              JSON.stringify(options),
            );
            schedule.step();
            lrs.push(schedule.lrs()[0]!);
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
    "take groups that join the optimizer, or refuse them",
    clean(() => {
      for (const { name, make } of SCHEDULES) {
        const optimizer = sgd();
        const schedule = make(optimizer);
        schedule.step();
        optimizer.addParamGroup({ params: [tensor(1)], lr: 0.5 });
        if (name === "OneCycleLR") {
          const before = schedule.stateDict();
          assertThrows(
            () => schedule.step(),
            RangeError,
            "another number of groups: got 2, expected 1",
          );
          assertEquals(schedule.stateDict(), before);
          continue;
        }
        for (let i = 0; i < 9; i++) schedule.step();
        const [first, joined] = schedule.lrs();
        assert(Number.isFinite(joined!), name);
        assert(joined! >= 0 && joined! < 1.5 && first! <= 0.1 + 1e-12, name);
        assertEquals(schedule.stateDict().baseLrs, [0.1, 0.5]);
      }
      const optimizer = sgd();
      const schedule = new ReduceLROnPlateau(optimizer, { minLr: [0] });
      optimizer.addParamGroup({ params: [tensor(1)] });
      const before = schedule.stateDict();
      assertThrows(() => schedule.step(1), RangeError, "one for each of 2");
      assertEquals(schedule.stateDict(), before);
    }),
  );

  it(
    "leave a rate of 0 at 0",
    clean(() => {
      for (const { name, make } of SCHEDULES) {
        if (name === "OneCycleLR") continue;
        const schedule = make(new SGD([tensor(0)], { lr: 0 }));
        for (let i = 0; i < 15; i++) {
          assertEquals(schedule.lrs(), [0], name);
          schedule.step();
        }
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
      return schedule.lrs()[0]!;
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
      assertAlmostEquals(schedule.lrs()[0]!, 0.01, 1e-12);
      schedule.step(1);
      assertEquals(schedule.best, 1);
    }),
  );
});
