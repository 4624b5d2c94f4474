import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { zeros } from "@tenfold/core";
import { describeOptimizer } from "./_optimizer_testing.ts";
import { ASGD } from "./asgd.ts";
import { StepLR } from "./step_lr.ts";
import { clean } from "./_testing.ts";

describeOptimizer("ASGD", {
  make: (params) => new ASGD(params),
  state: ["ax"],
});

describe("ASGD under a schedule", () => {
  it(
    "steps by its rate at once",
    clean(() => {
      using p = zeros([1], { requiresGrad: true });
      using optimizer = new ASGD([p], { lr: 1, lambd: 0, alpha: 0 });
      const schedule = new StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
      const values: unknown[] = [];
      for (let i = 0; i < 6; i++) {
        optimizer.zeroGrad();
        using loss = p.sum();
        loss.backward();
        optimizer.step();
        schedule.step();
        values.push(p.toArraySync());
      }
      // PyTorch's steps are 1, 1, 1, 0.5, 0.5 and 0.25.
      assertEquals(values, [[-1], [-2], [-2.5], [-3], [-3.25], [-3.5]]);
      optimizer.zeroGrad();
    }),
  );
});
