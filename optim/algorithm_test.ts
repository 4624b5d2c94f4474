import { scope, tensor } from "@tenfold/core";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as z from "zod/mini";
import { flag, nonNegative } from "./_options.ts";
import { clean } from "./_testing.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import { Adam, AdamW } from "./adam.ts";
import { SGD } from "./sgd.ts";
import { expr } from "@tenfold/core/backend";

const { add, mul, sign, sub } = expr;

/** All options of a group of Lion. */
interface LionGroup {
  lr: number;
  betas: [number, number];
  weightDecay: number;
  maximize: boolean;
}

const lion = algorithm({
  name: "Lion",
  schema: z.strictObject({
    lr: z._default(nonNegative, 1e-4),
    betas: z._default(z.tuple([nonNegative, nonNegative]), [0.9, 0.99]),
    weightDecay: z._default(nonNegative, 0),
    maximize: z._default(flag, false),
  }),
  decay: "decoupled",
  state: () => ["expAvg"],
  numbers: ({ lr, betas: [b1, b2] }: LionGroup) => ({
    lr,
    b1,
    c1: 1 - b1,
    b2,
    c2: 1 - b2,
  }),
  update: ({ parameter, gradient, expAvg }, { lr, b1, c1, b2, c2 }) => {
    const mix = add(mul(b1, expAvg), mul(c1, gradient));
    return {
      parameter: sub(parameter, mul(lr, sign(mix))),
      expAvg: add(mul(b2, expAvg), mul(c2, gradient)),
    };
  },
});

describe("an algorithm", () => {
  it(
    "is an optimizer, with groups, weight decay, maximize and a state dict",
    clean(() => {
      const options = {
        lr: 0.1,
        weightDecay: 0.5,
        betas: [0.5, 0.75] as const,
      };
      const numbers = [1, -2, 0.5];
      for (const maximize of [false, true]) {
        using p = tensor(numbers, { dtype: "float64", requiresGrad: true });
        using fixed = tensor([3], { dtype: "float64", requiresGrad: true });
        using optimizer = new AlgorithmOptimizer(lion, [
          { params: [p] },
          { params: [fixed], lr: 0 },
        ], { ...options, betas: [0.5, 0.75], maximize });
        const expected = [...numbers];
        const means = [0, 0, 0];
        for (let step = 0; step < 5; step++) {
          using _ = scope();
          optimizer.zeroGrad();
          p.square().sum().add(fixed.sum()).backward();
          optimizer.step();
          for (const [i, value] of expected.entries()) {
            const g = (maximize ? -2 : 2) * value;
            const sign = Math.sign(0.5 * means[i]! + 0.5 * g);
            expected[i] = value * (1 - 0.1 * 0.5) - 0.1 * sign;
            means[i] = 0.75 * means[i]! + 0.25 * g;
          }
        }
        const { state } = optimizer.stateDict();
        assertEquals(Object.keys(state["0"]!), ["step", "expAvg"]);
        assertEquals(fixed.toArraySync(), [3]);
        p.dataSync().forEach((value, i) =>
          assertAlmostEquals(value, expected[i]!, 1e-12)
        );
        fixed.grad = null;
        p.grad = null;
      }
    }),
  );

  it(
    "gives a new value to all that it remembers",
    clean(() => {
      const forgetful = algorithm({
        name: "Forgetful",
        schema: z.strictObject({ lr: nonNegative }),
        state: () => ["sum"],
        numbers: ({ lr }) => ({ lr }),
        update: ({ parameter }) => ({ parameter }),
      });
      using p = tensor([1], { requiresGrad: true });
      using optimizer = new AlgorithmOptimizer(forgetful, [p], { lr: 1 });
      p.grad = tensor([1]);
      assertThrows(
        () => optimizer.step(),
        TypeError,
        "Cannot update by Forgetful as it gives no new value of sum: got parameter",
      );
      p.grad = null;
    }),
  );

  it(
    "checks its options and its arguments as a class of its own does",
    clean(() => {
      using p = tensor([1], { requiresGrad: true });
      assertThrows(
        () => new AlgorithmOptimizer(lion, [p], { lr: -1 }),
        RangeError,
        "Cannot make an optimizer Lion",
      );
      assertThrows(
        () => new AlgorithmOptimizer(lion, [p], { rate: 1 } as never),
        TypeError,
        "rate",
      );
      assertThrows(
        () => Reflect.construct(Adam, [[p], 0.1]),
        TypeError,
        "options go by name",
      );
    }),
  );

  it(
    "keeps its state where an option changes the rule alone",
    clean(() => {
      const make = () => {
        const p = tensor([1, 2], { requiresGrad: true });
        const options = { lr: 0.1, momentum: 0.9, dampening: 0.5 };
        const optimizer = new SGD([p], options);
        p.grad = tensor([1, 1]);
        optimizer.step();
        return { p, optimizer };
      };
      const { p, optimizer } = make();
      const buffer = optimizer.stateDict().state["0"]!["momentumBuffer"];
      optimizer.paramGroups[0].weightDecay = 0.1;
      optimizer.step();
      assertEquals(optimizer.stateDict().state["0"]!["momentumBuffer"], buffer);
      // 0.9 * 1 + (1 - 0.5) * (1 + 0.1 * p), and not 1 + 0.1 * p at a new start.
      const momentum = (buffer as typeof p).dataSync();
      assertAlmostEquals(momentum[0]!, 0.9 + 0.5 * (1 + 0.1 * 0.9), 1e-6);
      optimizer.dispose();
      p.dispose();
    }),
  );

  it(
    "with another decay is another optimizer: AdamW is Adam without the decay in its gradient",
    clean(() => {
      const run = (make: typeof Adam | typeof AdamW, weightDecay: number) => {
        using p = tensor([1, -2], { dtype: "float64", requiresGrad: true });
        using optimizer = new make([p], { lr: 0.1, weightDecay });
        p.grad = tensor([0.5, 0.25], { dtype: "float64" });
        optimizer.step();
        return [...p.dataSync()];
      };
      assertEquals(run(Adam, 0), run(AdamW, 0));
      const [plain, decayed] = [run(AdamW, 0), run(AdamW, 0.5)];
      [1, -2].forEach((value, i) =>
        assertAlmostEquals(plain[i]! - decayed[i]!, value * 0.05, 1e-12)
      );
    }),
  );
});
