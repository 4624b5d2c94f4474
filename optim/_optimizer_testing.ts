/**
 * What every elementwise optimizer keeps to. Not part of the package.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { type Backend, scope, type Tensor, tensor } from "@tenfold/core";
import { clean, waiting } from "./_testing.ts";
import type { Optimizer } from "./optimizer.ts";

/** A parameter of these numbers. */
export const leaf = (values: number[], device?: Backend): Tensor =>
  tensor(values, { requiresGrad: true, ...device ? { device } : {} });

/** Takes some steps down a bowl. */
export function descend(optimizer: Optimizer, steps: number): void {
  for (let i = 0; i < steps; i++) {
    using _ = scope();
    optimizer.zeroGrad();
    for (const { params } of optimizer.paramGroups) {
      for (const p of params) p.sub(3).square().sum().backward();
    }
    optimizer.step();
  }
}

/** The typed-array backend, counting the kernels that it runs. */
function counting(): Backend & { kernels: string[] } {
  const backend = cpuTypedArray();
  const kernels: string[] = [];
  return Object.assign(waiting("counting"), {
    kernels,
    prepare: (kernel: Parameters<Backend["prepare"]>[0]) => {
      const launch = backend.prepare(kernel);
      return launch && ((call: Parameters<typeof launch>[0]) => {
        kernels.push(kernel.kind);
        launch(call);
      });
    },
  });
}

/** An algorithm, with options that make it remember most. */
export interface OptimizerFacts {
  make(params: Tensor[]): Optimizer;
  /** What it remembers of a parameter, beside its step. */
  readonly state: readonly string[];
  /** Whether the rate is the size of its first step alone, which has a least one. */
  readonly rateOfFirstStep?: boolean;
}

/** States what holds for every elementwise optimizer. */
export function describeOptimizer(
  name: string,
  { make, state, rateOfFirstStep = false }: OptimizerFacts,
): void {
  describe(name, () => {
    it(
      "takes a step with one kernel for each parameter",
      clean(() => {
        const device = counting();
        const params = [leaf([1, 2], device), leaf([3], device)];
        using optimizer = make(params);
        descend(optimizer, 2);
        for (const p of params) p.square().sum().backward();
        device.kernels.length = 0;
        optimizer.step();
        assertEquals(device.kernels, ["map", "map"]);
      }),
    );

    it(
      "goes on from its state bit for bit",
      clean(() => {
        const one = leaf([1, -2, 0.3]);
        using straight = make([one]);
        descend(straight, 10);

        const other = leaf([1, -2, 0.3]);
        using before = make([other]);
        descend(before, 4);
        const saved = before.stateDict();
        using after = make([other]);
        after.loadStateDict(saved);
        descend(after, 6);
        assertEquals(other.dataSync(), one.dataSync());
      }),
    );

    it(
      "has a state of plain values and tensors, made when it is needed",
      clean(() => {
        const p = leaf([1]);
        using optimizer = make([p, leaf([2])]);
        assertEquals(optimizer.stateDict().state, {});
        p.square().sum().backward();
        optimizer.step();
        const dict = optimizer.stateDict();
        assertEquals(Object.keys(dict.state), ["0"]);
        assertEquals(Object.keys(dict.state["0"]!), ["step", ...state]);
        assertEquals(dict.state["0"]!.step, 1);
        assertEquals(dict.paramGroups[0]!.params, [0, 1]);
        const { params: _, ...options } = dict.paramGroups[0]!;
        assertEquals(JSON.parse(JSON.stringify(options)), options);
      }),
    );

    it(
      "leaves parameters without a gradient alone",
      clean(() => {
        const [used, unused] = [leaf([1]), leaf([5])];
        using optimizer = make([used, unused]);
        descend(optimizer, 0);
        used.square().sum().backward();
        optimizer.step();
        assert(used.itemSync() !== 1);
        assertEquals(unused.itemSync(), 5);
      }),
    );

    it(
      "keeps float64 parameters in float64",
      clean(() => {
        const p = tensor([1], { dtype: "float64", requiresGrad: true });
        using optimizer = make([p]);
        descend(optimizer, 3);
        assertEquals(p.dtype, "float64");
        assert(Math.fround(p.itemSync()) !== p.itemSync());
      }),
    );

    if (!rateOfFirstStep) {
      it(
        "changes nothing at a rate of 0, whatever the gradients",
        clean(() => {
          const p = leaf([1, -2, 3]);
          using optimizer = make([p]);
          optimizer.paramGroups[0].lr = 0;
          for (const values of [[1, 0, -1], [0, 0, 0], [1e10, 1e-10, 5]]) {
            p.grad = tensor(values);
            optimizer.step();
          }
          assertEquals(p.toArraySync(), [1, -2, 3]);
        }),
      );
    }

    it(
      "leaves a gradient that is NaN with its element, as PyTorch does",
      clean(() => {
        const p = leaf([1, -2, 3]);
        using optimizer = make([p]);
        p.grad = tensor([0, NaN, 1]);
        optimizer.step();
        const [first, bad, last] = p.dataSync();
        assert(Number.isFinite(first!) && Number.isFinite(last!));
        assert(Number.isNaN(bad!));
      }),
    );
  });
}
