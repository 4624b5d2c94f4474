import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "@tenfold/core";
import { describeOptimizer, leaf } from "./_optimizer_testing.ts";
import { clean } from "./_testing.ts";
import { RMSprop } from "./rmsprop.ts";

describeOptimizer("RMSprop, centered, with momentum", {
  make: (params) =>
    new RMSprop(params, { centered: true, momentum: 0.5, eps: 0.01 }),
  state: ["squareAvg", "momentumBuffer", "gradAvg"],
});

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
