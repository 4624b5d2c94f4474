/**
 * What norms of parameters keep to. Not part of the package.
 *
 * @module
 */
import {
  assertAlmostEquals,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, noGrad, ones, randn, type Tensor } from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { clean } from "./_testing.ts";
import { Conv2d } from "./conv2d.ts";
import { Identity } from "./identity.ts";
import { Linear } from "./linear.ts";
import { LSTM } from "./lstm.ts";
import type { AnyModule, Module } from "./module.ts";
import { Sequential } from "./sequential.ts";
import { removeSpectralNorm, spectralNorm } from "./spectral_norm.ts";
import { removeWeightNorm, weightNorm } from "./weight_norm.ts";

const list = (x: Tensor) => [...x.dataSync()];
const near = (a: number[], b: number[], tolerance = 1e-5) => {
  assertEquals(a.length, b.length);
  a.forEach((x, i) => assertAlmostEquals(x, b[i]!, tolerance));
};

const NORMS = {
  weightNorm: [weightNorm, removeWeightNorm],
  spectralNorm: [spectralNorm, removeSpectralNorm],
} as const;

/** States what holds for every norm that is put before a parameter. */
export function describeNorm(title: keyof typeof NORMS): void {
  const [put, remove] = NORMS[title];
  const norm = (module: AnyModule, options = {}) => put(module, options);

  describe(title, () => {
    it(
      "is taken away where it was put, and the parameter is the same",
      clean(() => {
        using layer = new Linear(3, 2);
        const { weight } = layer;
        weight.requiresGrad_(false);
        const x = ones([1, 3]);
        norm(layer);
        assertEquals(layer.parameters().length, title === "weightNorm" ? 3 : 2);
        layer.eval();
        const y = list(layer.forward(x));
        remove(layer);
        assertStrictEquals(layer.weight, weight);
        assertEquals(weight.requiresGrad, false);
        near(list(layer.forward(x)), y);
        assertEquals(Object.keys(layer.stateDict()).sort(), ["bias", "weight"]);
        assertEquals(layer.forward, Linear.prototype.forward);
      }),
    );

    it(
      "computes the weight outside of forward too, from what there is then",
      clean(() => {
        using layer = norm(new Linear(2, 2, { bias: false })) as Linear;
        layer.eval();
        const y = layer.forward(ones([1, 2]));
        near(list(y), list(layer.weight.sum(1)));
        const source = layer.parameters().at(-1)!;
        assertThrows(
          () => {
            layer.weight = source;
          },
          TypeError,
          "as it is computed from weight_",
        );
      }),
    );

    it(
      "trains, is copied, moves and is loaded with its module",
      clean(async () => {
        manualSeed(2);
        using model = new Sequential(norm(new Linear(3, 2)) as Module);
        using copy = model.copy();
        copy.eval();
        const x = ones([1, 3]);
        const before = list(copy.forward(x));
        noGrad(() => model.parameters().forEach((p) => void p.fill_(1)));
        model.forward(x);
        near(list(copy.forward(x)), before);
        copy.loadStateDict(model.stateDict());
        near(list(copy.forward(x)), list(model.eval().forward(x)));
        await model.to({ dtype: "float64" });
        assertEquals(model.forward(x.cast("float64")).dtype, "float64");
        remove(copy[0]!);
        assertEquals(
          model[0]!.buffers().length,
          title === "weightNorm" ? 0 : 2,
        );
        near(list(copy.forward(x)), list(model.forward(x.cast("float64"))));
      }),
    );

    it(
      "works for weights of any name, within layers of several",
      clean(() => {
        using layer = new LSTM(2, 3);
        norm(layer, { name: "weight_hh_l0" });
        norm(layer, { name: "weight_ih_l0" });
        layer.eval();
        const [y] = layer.forward(ones([4, 1, 2]));
        remove(layer, "weight_ih_l0");
        near(
          list(layer.forward(ones([4, 1, 2]))[0] as Tensor),
          list(y as Tensor),
        );
        remove(layer, "weight_hh_l0");
        near(
          list(layer.forward(ones([4, 1, 2]))[0] as Tensor),
          list(y as Tensor),
        );
      }),
    );

    it(
      "is replayed where it is compiled",
      clean(() => {
        manualSeed(3);
        using layer = norm(new Linear(3, 2)) as Linear;
        using other = layer.copy();
        const step = compile((x: Tensor) => {
          layer.zeroGrad();
          const y = layer.forward(x);
          y.square().sum().backward();
          return y.detach();
        });
        for (let i = 0; i < 4; i++) {
          const x = randn([2, 3]);
          near(list(step(x)), list(other.forward(x)));
        }
        assertEquals(step.stats.replayed, 3);
        step.dispose();
        layer.zeroGrad();
      }),
    );

    it(
      "is one at a time, of a parameter that is there",
      clean(() => {
        using layer = norm(new Linear(3, 2)) as Linear;
        for (const [again] of Object.values(NORMS)) {
          assertThrows(
            () => again(layer as AnyModule),
            RangeError,
            `as it has a norm already: call remove`,
          );
        }
        assertThrows(
          () => norm(layer, { name: "wieght" }),
          RangeError,
          'no parameter "wieght" of its own: it has bias',
        );
        assertThrows(() => norm(new Identity()), RangeError, "it has none");
        assertThrows(
          () => norm(3 as never),
          TypeError,
          "the first argument must be a module: got 3",
        );
        using plain = new Linear(1, 1);
        assertThrows(
          () => norm(plain, { dim: 2 }),
          RangeError,
          "weight has 2 dims: got dim 2",
        );
        assertThrows(() => remove(new Identity()), RangeError, "has none");
        for (const [other, [, take]] of Object.entries(NORMS)) {
          if (other === title) continue;
          assertThrows(() => take(layer), RangeError, `remove ${other}`);
        }
      }),
    );

    it(
      "throws through forward and leaves no memory",
      clean(() => {
        using layer = norm(new Conv2d(1, 2, 3)) as Conv2d;
        assertThrows(() => layer.forward(ones([1, 1, 2, 2])));
        layer.forward(ones([1, 1, 3, 3]));
      }),
    );
  });
}
