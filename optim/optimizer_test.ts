import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  DTypeError,
  memory,
  ones,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/core";
import { descend, leaf } from "./_optimizer_testing.ts";
import { clean, waiting } from "./_testing.ts";
import { Adam, AdamW } from "./adam.ts";
import { RMSprop } from "./rmsprop.ts";
import { SGD } from "./sgd.ts";
import { type OptimizerState, StateError } from "./_state.ts";

describe("an optimizer", () => {
  it(
    "holds its state outside of every scope, and gives it back",
    clean(() => {
      const p = leaf([1, 2, 3]);
      const { bytes } = memory();
      const optimizer = new Adam([p]);
      {
        using _ = scope();
        p.sum().backward();
        optimizer.step();
        optimizer.zeroGrad();
      }
      assertEquals(memory().bytes, bytes + 2 * 12);
      optimizer.dispose();
      assertEquals(memory().bytes, bytes);
    }),
  );

  it(
    "takes groups with options of their own, which may change between steps",
    clean(() => {
      const [a, b] = [leaf([0]), leaf([0])];
      using optimizer = new SGD([{ params: [a] }, { params: [b], lr: 1 }], {
        lr: 0.1,
      });
      const run = () => {
        a.sum().add(b.sum()).backward();
        optimizer.step();
        optimizer.zeroGrad();
      };
      run();
      assertEquals([a.itemSync(), b.itemSync()], [Math.fround(-0.1), -1]);
      optimizer.paramGroups[0].lr = 0;
      run();
      assertEquals([a.itemSync(), b.itemSync()], [Math.fround(-0.1), -2]);
      const c = leaf([0]);
      optimizer.addParamGroup({ params: [c], momentum: 0.5 });
      assertEquals(optimizer.paramGroups.length, 3);
      assertEquals(optimizer.paramGroups[2]!.lr, 0.1);
    }),
  );

  it(
    "sets gradients to null, and adds up what is not cleared",
    clean(() => {
      const p = leaf([0]);
      using optimizer = new SGD([p], { lr: 1 });
      p.sum().backward();
      p.sum().backward();
      optimizer.step();
      assertEquals(p.itemSync(), -2);
      optimizer.zeroGrad();
      assertEquals(p.grad, null);
      optimizer.step();
      assertEquals(p.itemSync(), -2);
    }),
  );

  it(
    "refuses what it cannot optimize",
    clean(() => {
      const p = leaf([1]);
      const cases: [unknown, ErrorConstructor | typeof DTypeError, string][] = [
        [[], RangeError, "without parameters: got an empty list"],
        [p, TypeError, "must be an array, such as model.parameters()"],
        [undefined, TypeError, "must be an array"],
        [[p, 5], TypeError, "a parameter is not a tensor: got number"],
        [[p, p], TypeError, "a parameter of shape [1] appears twice"],
        [[{ params: [p] }, { params: [p] }], TypeError, "appears twice"],
        [[p.mul(2)], TypeError, "is the result of an operation: give leaves"],
        [
          [tensor([1], { dtype: "int32" })],
          DTypeError,
          "a parameter holds int32",
        ],
      ];
      for (const [params, kind, why] of cases) {
        assertThrows(
          () => new Adam(params as Tensor[]),
          kind as ErrorConstructor,
          why,
        );
      }
    }),
  );

  it(
    "names the option that is wrong",
    clean(() => {
      const p = [leaf([1])];
      const cases: [() => unknown, ErrorConstructor, string][] = [
        [() => new SGD(p), TypeError, "SGD as lr must be a number"],
        [
          () => new SGD(p, { lr: -1 }),
          RangeError,
          "SGD as lr must not be negative: got -1",
        ],
        [
          () => new SGD(p, { lr: 1, nesterov: true }),
          RangeError,
          "nesterov needs a momentum above 0 and a dampening of 0",
        ],
        [
          () => new Adam(p, { betas: [0.9, 1] }),
          RangeError,
          "betas.1 must be a number from 0 to below 1: got 1",
        ],
        [
          () => new Adam(p, { eps: "x" as never }),
          TypeError,
          'eps must be a number: got "x"',
        ],
        [
          () => new AdamW(p, { learningRate: 1 } as never),
          TypeError,
          "there is no such option: got learningRate",
        ],
        [
          () => new RMSprop([{ params: p, alpha: -1 }]),
          RangeError,
          "alpha must not be negative: got -1",
        ],
      ];
      for (const [make, kind, why] of cases) assertThrows(make, kind, why);
    }),
  );

  it(
    "refuses a state that does not fit, and changes nothing",
    clean(() => {
      const [p, q] = [leaf([1, 2]), leaf([1])];
      using optimizer = new Adam([p, q], { lr: 0.5 });
      descend(optimizer, 2);
      const good = optimizer.stateDict();
      const before = good.state["0"]!.expAvg as Tensor;
      const values = before.toArraySync();
      const entry = { step: 1, expAvg: zeros([2]), expAvgSq: zeros([2]) };
      const [group] = good.paramGroups;
      const cases: [unknown, string][] = [
        [{}, "it must be an object of state and paramGroups"],
        [null, "it must be an object"],
        [
          { ...good, paramGroups: [] },
          "the number of groups differs: got 0, expected 1",
        ],
        [
          { ...good, paramGroups: [{ ...group, params: [0] }] },
          "group 0 has another number of parameters: got 1, expected 2",
        ],
        [
          { ...good, state: { 0: { ...entry, expAvg: zeros([3]) } } },
          "expAvg of parameter 0 has another shape: got [3], expected [2]",
        ],
        [
          { ...good, state: { 0: { step: 1, expAvg: zeros([2]) } } },
          "expAvgSq of parameter 0 is missing",
        ],
        [
          { ...good, state: { 0: { ...entry, step: -1 } } },
          "the step of parameter 0 must be an integer from 0 on",
        ],
      ];
      for (const [state, why] of cases) {
        assertThrows(
          () => optimizer.loadStateDict(state as OptimizerState),
          StateError,
          `Cannot load the state of Adam as ${why}`,
        );
      }
      assertThrows(
        () =>
          optimizer.loadStateDict({
            ...good,
            paramGroups: [{ ...group!, lr: -1 }],
          }),
        RangeError,
        "lr must not be negative",
      );
      assertEquals(optimizer.stateDict().state["0"]!.expAvg, before);
      assertEquals(before.toArraySync(), values);
      assertEquals(optimizer.paramGroups[0].lr, 0.5);
    }),
  );

  it(
    "loads its own state, and one of another device",
    clean(() => {
      const p = leaf([1, 2]);
      using optimizer = new Adam([p]);
      descend(optimizer, 2);
      const values = (optimizer.stateDict().state["0"]!.expAvg as Tensor)
        .toArraySync();
      optimizer.loadStateDict(optimizer.stateDict());
      const own = optimizer.stateDict().state["0"]!.expAvg as Tensor;
      assertEquals(own.toArraySync(), values);

      using far = new Adam([leaf([1, 2], waiting("far"))]);
      far.loadStateDict(optimizer.stateDict());
      assertEquals(
        (far.stateDict().state["0"]!.expAvg as Tensor).device.name,
        "far",
      );
      assertThrows(
        () => optimizer.loadStateDict(far.stateDict()),
        StateError,
        "expAvg of parameter 0 is on far: move it",
      );
      // Options are copies: a change here is none there.
      const dict = optimizer.stateDict();
      (dict.paramGroups[0]!.betas as number[])[0] = 0;
      assertEquals(optimizer.paramGroups[0].betas, [0.9, 0.999]);
    }),
  );

  it(
    "does not record its steps",
    clean(() => {
      const p = leaf([1]);
      using optimizer = new SGD([p], { lr: 1, momentum: 0.9 });
      p.mul(ones([1])).sum().backward();
      optimizer.step();
      assert(p.isLeaf && p.requiresGrad);
      const y = p.square().sum();
      optimizer.step();
      assertThrows(() => y.backward(), TypeError, "changed in place");
    }),
  );
});
