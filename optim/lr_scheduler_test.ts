import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { clean } from "./_testing.ts";
import {
  Adagrad,
  ChainedScheduler,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  type LRScheduler,
  MultiplicativeLR,
  MultiStepLR,
  OneCycleLR,
  type Optimizer,
  PolynomialLR,
  ReduceLROnPlateau,
  SequentialLR,
  SGD,
  StepLR,
  SWALR,
} from "./mod.ts";

const sgd = () => new SGD([tensor(0)], { lr: 0.1, momentum: 0.9 });

const SCHEDULES: readonly {
  name: string;
  make: (optimizer: Optimizer, lastEpoch?: number) => LRScheduler;
  combined?: boolean;
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
  {
    name: "LambdaLR",
    make: (o, lastEpoch = -1) =>
      new LambdaLR(o, { lrLambda: (t) => 1 / (t + 1), lastEpoch }),
  },
  {
    name: "MultiplicativeLR",
    make: (o, lastEpoch = -1) =>
      new MultiplicativeLR(o, { lrLambda: (t) => 1 / t, lastEpoch }),
  },
  {
    name: "ConstantLR",
    make: (o, lastEpoch = -1) =>
      new ConstantLR(o, { totalIters: 6, lastEpoch }),
  },
  {
    name: "PolynomialLR",
    make: (o, lastEpoch = -1) =>
      new PolynomialLR(o, { totalIters: 9, power: 2, lastEpoch }),
  },
  {
    name: "CosineAnnealingWarmRestarts",
    make: (o, lastEpoch = -1) =>
      new CosineAnnealingWarmRestarts(o, { t0: 3, tMult: 2, lastEpoch }),
  },
  {
    name: "CyclicLR",
    make: (o, lastEpoch = -1) =>
      new CyclicLR(o, { baseLr: 0.1, maxLr: 1, stepSizeUp: 3, lastEpoch }),
  },
  {
    name: "SWALR",
    make: (o, lastEpoch = -1) => new SWALR(o, { swaLr: 0.5, lastEpoch }),
  },
  {
    name: "SequentialLR",
    combined: true,
    make: (o) =>
      new SequentialLR(o, {
        schedulers: [
          new LinearLR(o, { totalIters: 3 }),
          new CosineAnnealingLR(o, { tMax: 4 }),
        ],
        milestones: [3],
      }),
  },
  {
    name: "ChainedScheduler",
    combined: true,
    make: (o) =>
      new ChainedScheduler([
        new LinearLR(o, { totalIters: 3 }),
        new ExponentialLR(o, { gamma: 0.9 }),
      ]),
  },
];

/** Those that fix the number of groups. */
const FIXED = ["OneCycleLR", "CyclicLR"];

for (const { name, make, combined = false } of SCHEDULES) {
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
      "restarts",
      clean(() => {
        const optimizer = sgd();
        const schedule = make(optimizer);
        const run = () =>
          Array.from({ length: 6 }, () => {
            const rate = optimizer.paramGroups[0]!.lr;
            schedule.step();
            return rate;
          });
        const first = run();
        if (name === "MultiplicativeLR") {
          // It goes on from the rate that is there, as in PyTorch.
          optimizer.paramGroups[0]!.lr = 0.1;
        }
        schedule.restart();
        run().forEach((rate, i) => assertAlmostEquals(rate, first[i]!, 1e-12));
      }),
    );

    it(
      "steps with a compiled function as without",
      clean(() => {
        const runs = [false, true].map((compiles) => {
          const optimizer = sgd();
          const schedule = make(optimizer);
          const p = optimizer.paramGroups[0]!.params[0]!.requiresGrad_();
          const step = () => {
            optimizer.zeroGrad();
            const loss = p.square().sum();
            loss.backward();
            optimizer.step();
            schedule.step();
            return loss.detach();
          };
          using compiled = compile(step);
          const rates: number[] = [];
          for (let i = 0; i < 8; i++) {
            (compiles ? compiled : step)().dispose();
            rates.push(optimizer.paramGroups[0]!.lr);
          }
          optimizer.zeroGrad();
          optimizer.dispose();
          return rates;
        });
        assertEquals(runs[1], runs[0]);
      }),
    );

    if (combined) {
      return it(
        "refuses the state of other schedules, and changes nothing",
        clean(() => {
          const schedule = make(sgd());
          schedule.step();
          const before = schedule.stateDict();
          for (
            const state of [
              { ...before, schedulers: [] },
              { ...before, baseLrs: [1, 2] },
            ]
          ) {
            assertThrows(() => schedule.loadStateDict(state), RangeError);
            assertEquals(schedule.stateDict(), before);
          }
        }),
      );
    }

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

  it(
    "take groups that join the optimizer, or refuse them",
    clean(() => {
      for (const { name, make } of SCHEDULES) {
        const optimizer = sgd();
        const schedule = make(optimizer);
        schedule.step();
        optimizer.addParamGroup({ params: [tensor(1)], lr: 0.5 });
        if (FIXED.includes(name)) {
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
        const most = name === "SWALR" ? 0.5 : 0.1 + 1e-12;
        assert(joined! >= 0 && joined! < 1.6 && first! <= most, name);
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
        if ([...FIXED, "SWALR"].includes(name)) continue;
        const schedule = make(new SGD([tensor(0)], { lr: 0 }));
        for (let i = 0; i < 15; i++) {
          assertEquals(schedule.lrs(), [0], name);
          schedule.step();
        }
      }
    }),
  );
});
