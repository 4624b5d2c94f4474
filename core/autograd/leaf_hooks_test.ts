import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import { tensor } from "../creation.ts";
import { compile } from "../program/compile.ts";
import { noGrad } from "./mode.ts";
import { grad } from "./grad.ts";
import { afterBackward, registerLeafHook } from "./leaf_hooks.ts";
import type { Tensor } from "../tensor.ts";

const leaf = (...values: number[]): Tensor =>
  tensor(values, { requiresGrad: true });

describe("hooks on leaves", () => {
  it(
    "are called as soon as a gradient is complete, the last layer first",
    clean(() => {
      const order: string[] = [];
      const layers = ["first", "second", "third"].map((name) => {
        const weight = leaf(2);
        registerLeafHook(weight, () => {
          const there = layers.map(({ weight }) => weight.grad === null);
          order.push(`${name} ${there.filter((none) => none).length}`);
        });
        return { name, weight };
      });
      let x = tensor([3]);
      for (const { weight } of layers) x = x.mul(weight).tanh();
      x.sum().backward();
      // How many gradients were still to come.
      assertEquals(order, ["third 2", "second 1", "first 0"]);
      for (const { weight } of layers) weight.grad = null;
    }),
  );

  it(
    "wait for all uses of a leaf, also unused and viewed ones",
    clean(() => {
      const w = leaf(1, 2, 3);
      const seen: number[][] = [];
      registerLeafHook(w, ({ grad }) => {
        seen.push([...grad!.dataSync()]);
      });
      const y = w.square();
      const rows = [w.select(0, 0), w.select(0, 2)];
      y.sum().add(rows[0]!).add(rows[1]!.mul(10)).backward();
      assertEquals(seen, [[3, 4, 16]]);
      w.sum().backward();
      assertEquals(seen[1], [4, 5, 17]);
      w.grad = null;
    }),
  );

  it(
    "leave the same gradients as without them",
    clean(() => {
      const gradients = (hooked: boolean) => {
        const [a, b] = [leaf(0.5, -1), leaf(2, 3)];
        if (hooked) registerLeafHook(b, () => {});
        const h = a.mul(b).sigmoid();
        h.mul(b).add(a.exp()).mul(h).sum().backward();
        const found = [a, b].map(({ grad }) => [...grad!.dataSync()]);
        for (const one of [a, b]) one.grad = null;
        return found;
      };
      assertEquals(gradients(true), gradients(false));
    }),
  );

  it(
    "change a gradient, and leave nothing of what they make",
    clean(() => {
      const w = leaf(1, 2);
      using _ = registerLeafHook(w, (one) => {
        one.grad!.mul_(one.grad!.add(1).mul(0.5));
      });
      w.mul(3).sum().backward();
      assertEquals([...w.grad!.dataSync()], [6, 6]);
      w.grad = null;
    }),
  );

  it(
    "are called no longer once they are removed",
    clean(() => {
      const w = leaf(1);
      let calls = 0;
      const first = registerLeafHook(w, () => calls++);
      const second = registerLeafHook(w, () => calls++);
      w.sum().backward();
      first.remove();
      first.remove();
      w.sum().backward();
      second[Symbol.dispose]();
      w.sum().backward();
      assertEquals(calls, 3);
      w.grad = null;
    }),
  );

  it(
    "are not called by grad, which touches no leaf",
    clean(() => {
      const w = leaf(1);
      let calls = 0;
      using _ = registerLeafHook(w, () => calls++);
      grad(w.square().sum(), w);
      assertEquals([calls, w.grad], [0, null]);
    }),
  );

  it(
    "belong to what a compiled function replays, and to no plan before",
    clean(() => {
      const w = leaf(1, 2);
      const step = compile(() => {
        w.grad = null;
        w.square().sum().backward();
      });
      step();
      const handle = registerLeafHook(w, ({ grad }) => grad!.mul_(10));
      for (let i = 0; i < 3; i++) step();
      assertEquals([...w.grad!.dataSync()], [20, 40]);
      handle.remove();
      step();
      assertEquals([...w.grad!.dataSync()], [2, 4]);
      step.dispose();
      w.grad = null;
    }),
  );

  it(
    "end a backward that they throw in, and leave no memory",
    clean(() => {
      const w = leaf(1);
      using _ = registerLeafHook(w, () => {
        throw new Error("no more");
      });
      assertThrows(() => w.exp().sum().backward(), Error, "no more");
      w.grad = null;
    }),
  );

  it(
    "are refused where no gradient will come",
    clean(() => {
      const why = "not a leaf with a gradient";
      assertThrows(() => registerLeafHook(tensor([1]), () => {}), Error, why);
      assertThrows(
        () => registerLeafHook(leaf(1).exp(), () => {}),
        Error,
        why,
      );
    }),
  );
});

describe("afterBackward", () => {
  it(
    "is called once backward is over, with recording as it was",
    clean(() => {
      const [w, v] = [leaf(1), leaf(2)];
      const order: string[] = [];
      using _first = registerLeafHook(v, () => {
        order.push("v");
        afterBackward(() => order.push(`over ${w.grad !== null}`));
      });
      using _second = registerLeafHook(w, () => order.push("w"));
      w.exp().mul(v).sum().backward();
      assertEquals(order, ["v", "w", "over true"]);
      for (const one of [w, v]) one.grad = null;
    }),
  );

  it("is refused outside of a backward", () => {
    assertThrows(
      () => noGrad(() => afterBackward(() => {})),
      Error,
      "as none is under way",
    );
  });
});
