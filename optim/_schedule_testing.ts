/**
 * What every schedule of learning rates keeps to. Not part of the package.
 *
 * @module
 */
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
import type { LRScheduler } from "./lr_scheduler.ts";
import type { Optimizer } from "./optimizer.ts";
import { SGD } from "./sgd.ts";

/** An optimizer with a rate of 0.1 and a momentum. */
export const sgd = (): SGD => new SGD([tensor(0)], { lr: 0.1, momentum: 0.9 });

/** How a schedule is made, and what is special about it. */
export interface ScheduleFacts {
  make(optimizer: Optimizer, lastEpoch?: number): LRScheduler;
  /** Whether it is made of other schedules. */
  readonly combined?: boolean;
  /** Whether it fixes the number of groups. */
  readonly fixed?: boolean;
  /** Whether it goes to a rate of its own, wherever it begins. */
  readonly ownRate?: boolean;
  /** Whether it goes on from the rate that is there, as in PyTorch. */
  readonly continues?: boolean;
}

/** States what holds for every schedule that follows the step alone. */
export function describeSchedule(
  name: string,
  {
    make,
    combined = false,
    fixed = false,
    ownRate = false,
    continues = false,
  }: ScheduleFacts,
): void {
  describe(name, () => {
    it(
      "goes on from its state and the optimizer's",
      clean(() => {
        const straight = sgd();
        const whole = make(straight);
        const expected: number[] = [];
        for (let i = 0; i < 10; i++) {
          expected.push(straight.paramGroups[0].lr);
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
          assertEquals(second.paramGroups[0].lr, expected[i], `step ${i}`);
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
            const rate = optimizer.paramGroups[0].lr;
            schedule.step();
            return rate;
          });
        const first = run();
        if (continues) {
          // It goes on from the rate that is there, as in PyTorch.
          optimizer.paramGroups[0].lr = 0.1;
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
          const p = optimizer.paramGroups[0].params[0]!.requiresGrad_();
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
            rates.push(optimizer.paramGroups[0].lr);
          }
          optimizer.zeroGrad();
          optimizer.dispose();
          return rates;
        });
        assertEquals(runs[1], runs[0]);
      }),
    );

    it(
      fixed
        ? "refuses groups that join the optimizer, and changes nothing"
        : "takes groups that join the optimizer",
      clean(() => {
        const optimizer = sgd();
        const schedule = make(optimizer);
        schedule.step();
        optimizer.addParamGroup({ params: [tensor(1)], lr: 0.5 });
        if (fixed) {
          const before = schedule.stateDict();
          assertThrows(
            () => schedule.step(),
            RangeError,
            "another number of groups: got 2, expected 1",
          );
          assertEquals(schedule.stateDict(), before);
          return;
        }
        for (let i = 0; i < 9; i++) schedule.step();
        const [first, joined] = schedule.lrs();
        assert(Number.isFinite(joined!));
        const most = ownRate ? 0.5 : 0.1 + 1e-12;
        assert(joined! >= 0 && joined! < 1.6 && first! <= most);
        assertEquals(schedule.stateDict().baseLrs, [0.1, 0.5]);
      }),
    );

    if (!fixed && !ownRate) {
      it(
        "leaves a rate of 0 at 0",
        clean(() => {
          const schedule = make(new SGD([tensor(0)], { lr: 0 }));
          for (let i = 0; i < 15; i++) {
            assertEquals(schedule.lrs(), [0]);
            schedule.step();
          }
        }),
      );
    }

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
        assertAlmostEquals(after.lrs()[0], before.lrs()[0], 1e-12);
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
