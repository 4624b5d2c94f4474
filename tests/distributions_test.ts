import { assertAlmostEquals, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { manualSeed, tensor } from "@tenfold/core";
import {
  Beta,
  Categorical,
  Dirichlet,
  Gamma,
  Normal,
} from "@tenfold/core/distributions";
import { multinomial } from "@tenfold/core/functions";
import { clean, onEachBackend } from "./dtypes/_testing.ts";

onEachBackend("distributions", () => {
  it(
    "draw what has their means, with gradients",
    clean(async () => {
      manualSeed(12);
      const a = tensor([0.5, 3], { requiresGrad: true });
      const cases: [{ rsample(shape: number[]): typeof a }, number[]][] = [
        [new Normal(a, 1), [0.5, 3]],
        [new Gamma(a, 2), [0.25, 1.5]],
        [new Beta(a, 1), [1 / 3, 3 / 4]],
        [new Dirichlet(a), [1 / 7, 6 / 7]],
      ];
      for (const [distribution, means] of cases) {
        const drawn = distribution.rsample([3000]).mean(0);
        const data = await drawn.data();
        means.forEach((mean, i) => assertAlmostEquals(data[i]!, mean, 0.1));
        drawn.sum().backward();
        assertEquals((await a.grad!.data()).every(Number.isFinite), true);
      }
    }),
  );

  it(
    "draw classes that have a chance, and none twice without replacement",
    clean(async () => {
      manualSeed(13);
      const probs = tensor([[0, 1, 3], [2, 0, 0]]);
      const drawn = new Categorical({ probs }).sample([500]);
      const counts = await drawn.oneHot(3).sum(0).toArray() as number[][];
      assertEquals([counts[0]![0], counts[1]![0]], [0, 500]);
      assertAlmostEquals(counts[0]![2]! / 500, 0.75, 0.1);
      const both = await multinomial(probs.select(0, 0), 2).data();
      assertEquals([...both].sort(), [1, 2]);
    }),
  );
});
