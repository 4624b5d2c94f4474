import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  type Backend,
  memory,
  scope,
  type Tensor,
  tensor,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { clean, on, waiting } from "./_testing.ts";
import { LBFGS, type LBFGSOptions, StateError, StepLR } from "./mod.ts";

const leaf = (values: number[], device?: Backend) =>
  tensor(values, {
    dtype: "float64",
    requiresGrad: true,
    ...device ? { device } : {},
  });

/** A curved valley over two parameters. */
const valley = (a: Tensor, b: Tensor): Tensor =>
  b.sub(a.square()).square().mul(10).add(a.sub(1).square()).sum();

/** An optimizer at the start of the valley, and its closure. */
function setUp(options: LBFGSOptions = {}, device?: Backend) {
  const params = [leaf([-1.2, 0.5], device), leaf([1, 2], device)] as const;
  const optimizer = new LBFGS([...params], options);
  const closure = () => {
    optimizer.zeroGrad();
    const loss = valley(...params);
    loss.backward();
    return loss;
  };
  const figures = () => params.flatMap((p) => [...p.dataSync()]);
  const dispose = () => {
    optimizer.zeroGrad();
    optimizer.dispose();
    for (const p of params) p.dispose();
  };
  return { params, optimizer, closure, figures, dispose };
}

const SEARCHES: LBFGSOptions[] = [
  { lineSearchFn: "strongWolfe", maxIter: 4 },
  { lr: 0.1, maxIter: 4, historySize: 3 },
];

describe("LBFGS", () => {
  it(
    "gives the loss before the step, and finds the minimum",
    clean(async () => {
      const { params, optimizer, closure, dispose } = setUp({
        lineSearchFn: "strongWolfe",
        toleranceChange: 1e-14,
      });
      const before = valley(...params);
      assertEquals(await optimizer.step(closure), before.itemSync());
      before.dispose();
      for (let i = 0; i < 4; i++) await optimizer.step(closure);
      for (const p of params) {
        for (const value of p.dataSync()) assertAlmostEquals(value, 1, 1e-6);
      }
      dispose();
    }),
  );

  it(
    "goes on from its state bit for bit",
    clean(async () => {
      for (const options of SEARCHES) {
        const [straight, first, second] = [0, 1, 2].map(() => setUp(options));
        for (let i = 0; i < 5; i++) {
          await straight!.optimizer.step(straight!.closure);
        }
        for (let i = 0; i < 2; i++) {
          await first!.optimizer.step(first!.closure);
        }
        second!.params.forEach((p, i) =>
          p.detach().copy_(first!.params[i]!.detach())
        );
        second!.optimizer.loadStateDict(first!.optimizer.stateDict());
        for (let i = 0; i < 3; i++) {
          await second!.optimizer.step(second!.closure);
        }
        assertEquals(second!.figures(), straight!.figures());
        for (const { dispose } of [straight!, first!, second!]) dispose();
      }
    }),
  );

  it(
    "refuses a state that does not fit, and changes nothing",
    clean(async () => {
      const { optimizer, closure, dispose } = setUp(SEARCHES[0]);
      assertEquals(optimizer.stateDict().state, {});
      await optimizer.step(closure);
      const good = optimizer.stateDict();
      const entry = good.state["0"]!;
      using short = tensor([1]);
      const cases: [object, string][] = [
        [{ ...entry, d: short }, "d of parameter 0 has another shape: got [1]"],
        [{ ...entry, funcEvals: "x" }, "funcEvals of parameter 0 must be"],
        [{ ...entry, "ro.0": 1 }, "ro.0 of parameter 0 is missing"],
        [{ ...entry, step: -1 }, "the step of parameter 0 must be an integer"],
      ];
      for (const [wrong, why] of cases) {
        assertThrows(
          () =>
            optimizer.loadStateDict({ ...good, state: { 0: wrong } } as never),
          StateError,
          `Cannot load the state of LBFGS as ${why}`,
        );
      }
      assertEquals(optimizer.stateDict(), good);
      dispose();
    }),
  );

  it(
    "holds no more memory than its history",
    clean(async () => {
      using _ = scope();
      for (const options of SEARCHES) {
        const { optimizer, closure, dispose } = setUp({
          ...options,
          toleranceChange: 0,
          historySize: 2,
        });
        await optimizer.step(closure);
        const { tensors, bytes } = memory();
        await optimizer.step(closure);
        await optimizer.step(closure);
        const after = memory();
        assertEquals([after.tensors, after.bytes], [tensors, bytes]);
        dispose();
      }
    }),
  );

  it(
    "takes a compiled closure, and is not compiled itself",
    clean(async () => {
      const eager = setUp(SEARCHES[0]);
      const compiled = setUp(SEARCHES[0]);
      using fast = compile(compiled.closure);
      for (let i = 0; i < 3; i++) {
        await eager.optimizer.step(eager.closure);
        await compiled.optimizer.step(fast);
      }
      const expected = eager.figures();
      compiled.figures().forEach((value, i) =>
        assertAlmostEquals(value, expected[i]!, 1e-9)
      );
      using whole = compile(() => {
        compiled.optimizer.step(compiled.closure);
        return compiled.params[0].sum();
      });
      assertThrows(
        () => whole(),
        TypeError,
        "in a function that is compiled as it reads the loss: compile the closure",
      );
      eager.dispose();
      compiled.dispose();
    }),
  );

  it(
    "leaves the parameters where the iteration began when a closure throws",
    clean(async () => {
      for (const options of SEARCHES) {
        const { optimizer, closure, figures, dispose } = setUp(options);
        await optimizer.step(closure);
        const before = figures();
        let calls = 0;
        await assertRejects(
          () =>
            optimizer.step(() => {
              if (++calls === 2) throw new RangeError("out of data");
              return closure();
            }),
          RangeError,
          "out of data",
        );
        assertEquals(calls, 2);
        figures().forEach((value, i) =>
          assertAlmostEquals(value, before[i]!, 1e-12)
        );
        await optimizer.step(closure);
        dispose();
      }
    }),
  );

  it(
    "says what it needs",
    clean(async () => {
      const { params, optimizer, closure, dispose } = setUp(SEARCHES[0]);
      assertThrows(
        () => optimizer.step(),
        TypeError,
        "Cannot step LBFGS without a closure as it evaluates the loss several times",
      );
      await assertRejects(
        () => optimizer.step((() => 1) as never),
        TypeError,
        "the closure must return the loss, a tensor of one element: got 1",
      );
      const under = optimizer.step(closure);
      assertThrows(
        () => optimizer.step(closure),
        TypeError,
        "while another step is under way",
      );
      await under;
      assertThrows(
        () => new LBFGS([{ params: [params[0]] }, { params: [params[1]] }]),
        RangeError,
        "Cannot make an optimizer LBFGS of several groups",
      );
      assertThrows(
        () => new LBFGS([...params], { lineSearchFn: "wolfe" as never }),
        RangeError,
        'lineSearchFn must be "strongWolfe" or null: got "wolfe"',
      );
      dispose();
    }),
  );

  it(
    "takes parameters of two dtypes, one without a gradient, and a schedule",
    clean(async () => {
      const params: Tensor[] = [
        tensor([3], { requiresGrad: true }),
        leaf([2]),
        leaf([5]),
      ];
      const optimizer = new LBFGS(params);
      const schedule = new StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
      const loss = await optimizer.step(() => {
        optimizer.zeroGrad();
        const loss = params[0]!.square().sum().add(params[1]!.square().sum());
        loss.backward();
        return loss;
      });
      schedule.step();
      assertEquals(loss, 13);
      assertEquals(optimizer.paramGroups[0].lr, 0.5);
      const [a, b, c] = params.map((p) => p.itemSync());
      assert(Math.abs(a!) < 1e-3 && Math.abs(b!) < 1e-3);
      assertEquals([c, params[0]!.dtype], [5, "float32"]);
      optimizer.zeroGrad();
      optimizer.dispose();
    }),
  );

  it("runs where nothing can be read without waiting", async () => {
    const before = memory();
    await on(waiting("slow"), async () => {
      const { params, optimizer, closure, dispose } = setUp({
        lineSearchFn: "strongWolfe",
      });
      for (let i = 0; i < 4; i++) await optimizer.step(closure);
      for (const p of params) {
        for (const value of await p.data()) assertAlmostEquals(value, 1, 1e-5);
      }
      dispose();
    });
    const after = memory();
    assertEquals([after.tensors, after.bytes], [before.tensors, before.bytes]);
  });
});
