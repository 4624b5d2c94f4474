import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { describeOptimizer, leaf } from "./_optimizer_testing.ts";
import { clean } from "./_testing.ts";
import { SGD } from "./sgd.ts";

describeOptimizer("SGD", {
  make: (params) => new SGD(params, { lr: 0.1 }),
  state: [],
});

describeOptimizer("SGD with momentum", {
  make: (params) =>
    new SGD(params, {
      lr: 0.1,
      momentum: 0.9,
      dampening: 0.5,
      weightDecay: 0.1,
    }),
  state: ["momentumBuffer"],
});

describe("SGD", () => {
  it(
    "starts its momentum anew when it is switched on late",
    clean(() => {
      const p = leaf([0]);
      using optimizer = new SGD([p], { lr: 1, dampening: 0.5 });
      const run = () => {
        p.sum().backward();
        optimizer.step();
        optimizer.zeroGrad();
      };
      run();
      optimizer.paramGroups[0].momentum = 0.5;
      run();
      assertEquals(p.itemSync(), -2);
      run();
      assertEquals(p.itemSync(), -3);
      optimizer.paramGroups[0].momentum = 0;
      run();
      assertEquals(Object.keys(optimizer.stateDict().state["0"]!), ["step"]);
    }),
  );
});
