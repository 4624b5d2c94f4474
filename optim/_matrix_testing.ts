/**
 * What optimizers keep to whose step is several kernels over matrices. Not part
 * of the package.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, memory, randn, scope, type Tensor } from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { clean } from "./_testing.ts";
import type { Optimizer } from "./optimizer.ts";

type Make = (params: Tensor[]) => Optimizer;

/** An algorithm, of a matrix and a vector. */
export interface MatrixOptimizerFacts {
  readonly make: Make;
  /** What it remembers of each, beside its step. */
  readonly state: readonly (readonly string[])[];
}

/** A net of a matrix and a vector, and steps of its training. */
function setUp(make: Make, dtype: "float32" | "float64" = "float32") {
  manualSeed(1);
  const params = [
    randn([4, 3], { dtype, requiresGrad: true }),
    randn([4], { dtype, requiresGrad: true }),
  ];
  const x = randn([8, 3], { dtype });
  const optimizer = make(params);
  const step = (x: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = x.matmul(params[0]!.t()).add(params[1]!).tanh().sub(1)
      .square().mean();
    loss.backward();
    optimizer.step();
    return loss.detach();
  };
  const train = (steps: number, how: (x: Tensor) => Tensor = step) => {
    for (let i = 0; i < steps; i++) {
      using _ = scope();
      how(x);
    }
  };
  const figures = () => params.flatMap((p) => [...p.dataSync()]);
  return { params, x, optimizer, step, train, figures };
}

/** States what holds for every optimizer of matrices. */
export function describeMatrixOptimizer(
  name: string,
  { make, state }: MatrixOptimizerFacts,
): void {
  describe(name, () => {
    it(
      "goes on from its state bit for bit",
      clean(() => {
        using _ = scope();
        const straight = setUp(make);
        straight.train(9);
        const first = setUp(make);
        first.train(4);
        const second = setUp(make);
        for (const [i, p] of second.params.entries()) {
          p.detach().copy_(first.params[i]!.detach());
        }
        second.optimizer.loadStateDict(first.optimizer.stateDict());
        second.train(5);
        assertEquals(second.figures(), straight.figures());
        for (const { optimizer } of [straight, first, second]) {
          optimizer.dispose();
        }
      }),
    );

    it(
      "remembers tensors of its own shapes, and refuses others",
      clean(() => {
        using _ = scope();
        const { optimizer, train } = setUp(make);
        assertEquals(optimizer.stateDict().state, {});
        train(1);
        const dict = optimizer.stateDict();
        for (const [i, names] of state.entries()) {
          assertEquals(Object.keys(dict.state[i]!), ["step", ...names]);
        }
        const [first] = state[0]!;
        const wrong = { ...dict.state[0]!, [first!]: randn([7]) };
        assertThrows(
          () =>
            optimizer.loadStateDict({
              ...dict,
              state: { ...dict.state, 0: wrong },
            }),
          TypeError,
          `${first} of parameter 0 has another shape: got [7]`,
        );
        optimizer.dispose();
      }),
    );

    it(
      "compiled, takes the steps of eager, also where the rate changes or a choice",
      clean(() => {
        using _ = scope();
        const eager = setUp(make);
        const compiled = setUp(make);
        using fast = compile(compiled.step);
        for (const { optimizer, train, step } of [eager, compiled]) {
          const how = optimizer === compiled.optimizer ? fast : step;
          train(3, how);
          optimizer.paramGroups[0].lr = 0.01;
          train(3, how);
          (optimizer.paramGroups[0] as { maximize?: boolean }).maximize = true;
          train(3, how);
        }
        const expected = eager.figures();
        compiled.figures().forEach((value, i) =>
          assert(Math.abs(value - expected[i]!) < 1e-5, `${i}: ${value}`)
        );
        assertEquals(fast.stats.recorded, 2);
        eager.optimizer.dispose();
        compiled.optimizer.dispose();
      }),
    );

    it(
      "holds the same memory after 30 steps as after 3, and float64 stays",
      clean(() => {
        using _ = scope();
        const { optimizer, params, train } = setUp(make, "float64");
        train(3);
        const { tensors, bytes } = memory();
        train(27);
        const after = memory();
        assertEquals([after.tensors, after.bytes], [tensors, bytes]);
        for (const p of params) assertEquals(p.dtype, "float64");
        const { state } = optimizer.stateDict();
        for (const value of Object.values(state[0]!)) {
          if (typeof value !== "number") assertEquals(value.dtype, "float64");
        }
        optimizer.dispose();
      }),
    );

    it(
      "changes nothing at a rate of 0",
      clean(() => {
        using _ = scope();
        const { optimizer, train, figures } = setUp(make);
        for (const group of optimizer.paramGroups) group.lr = 0;
        const before = figures();
        train(3);
        assertEquals(figures(), before);
        optimizer.dispose();
      }),
    );
  });
}
