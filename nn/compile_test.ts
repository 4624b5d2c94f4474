import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { noGrad, ones, type Tensor } from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { clean } from "../core/_testing.ts";
import { Linear } from "./linear.ts";
import { ReLU, Tanh } from "./mod.ts";
import { Sequential } from "./sequential.ts";

/** A layer that multiplies by a number. */
function times(factor: number): Linear {
  const layer = new Linear(1, 1, { bias: false });
  noGrad(() => layer.weight.fill_(factor));
  return layer;
}

describe("a compiled function with modules", () => {
  it(
    "notices a parameter that takes the place of another",
    clean(() => {
      using a = times(2);
      using b = times(5);
      using f = compile((x: Tensor) => noGrad(() => a.forward(x)));
      const x = ones([1, 1]);
      f(x);
      assertEquals(f(x).itemSync(), 2);
      const { weight } = a;
      (a as { weight: Tensor }).weight = b.weight;
      assertEquals(f(x).itemSync(), 5);
      (a as { weight: Tensor }).weight = weight;
      assertEquals(f(x).itemSync(), 2);
      assertEquals(f.stats.replayed, 2);
    }),
  );

  it(
    "notices layers that are put in, taken out or exchanged",
    clean(() => {
      using model = new Sequential(times(-2), new ReLU());
      using f = compile((x: Tensor) => noGrad(() => model.forward(x)));
      const x = ones([1, 1]);
      f(x);
      assertEquals(f(x).itemSync(), 0);
      const relu = model[1]!;
      delete model[1];
      assertEquals(f(x).itemSync(), -2);
      model.append(new Tanh());
      assertEquals(f(x).itemSync(), Math.fround(Math.tanh(-2)));
      model[1] = relu;
      assertEquals(f(x).itemSync(), 0);
    }),
  );
});
