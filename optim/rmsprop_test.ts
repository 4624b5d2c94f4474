import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Backend, tensor } from "@tenfold/core";
import { clean } from "./_testing.ts";
import { RMSprop } from "./mod.ts";

const leaf = (values: number[], device?: Backend) =>
  tensor(values, { requiresGrad: true, ...device ? { device } : {} });

describe("RMSprop", () => {
  it(
    "centered, takes even gradients, whose variance rounding brings below 0",
    clean(() => {
      for (const value of [1, 0.1, 3.3, 1e-3, 123.456]) {
        const p = leaf([1]);
        using optimizer = new RMSprop([p], { centered: true, alpha: 0.5 });
        for (let step = 0; step < 60; step++) {
          p.grad = tensor([value]);
          optimizer.step();
        }
        assert(!Number.isNaN(p.itemSync()), `${value}`);
      }
    }),
  );
});
