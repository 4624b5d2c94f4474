import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import { tensor } from "../creation.ts";
import { compile } from "../program/compile.ts";
import type { Tensor } from "../tensor.ts";
import { autogradFunction } from "./custom.ts";
import { grad } from "./grad.ts";

const leaf = (...values: number[]): Tensor =>
  tensor(values, { requiresGrad: true });

describe("hooks on tensors", () => {
  it(
    "see a gradient when it is complete, and replace it",
    clean(() => {
      const x = leaf(1, 2);
      const y = x.square();
      const seen: number[][] = [];
      y.registerHook((g) => void seen.push([...g.dataSync()]));
      y.registerHook((g) => g.mul(10));
      y.registerHook((g) => void seen.push([...g.dataSync()]));
      y.sum().add(y.mul(2).sum()).backward();
      assertEquals(seen, [[3, 3], [30, 30]]);
      assertEquals([...x.grad!.dataSync()], [60, 120]);
      x.grad = null;
    }),
  );

  it(
    "of a leaf stand before its grad, in grad() too",
    clean(() => {
      const x = leaf(1, 2);
      using _ = x.registerHook((g) => g.neg());
      x.square().sum().backward();
      x.square().sum().backward();
      assertEquals([...x.grad!.dataSync()], [-4, -8]);
      assertEquals([...grad(x.square().sum(), x)[0]!.dataSync()], [-2, -4]);
      x.grad = null;
    }),
  );

  it(
    "of a leaf stay while it is frozen",
    clean(() => {
      const x = leaf(1);
      x.registerHook((g) => g.mul(3));
      x.requiresGrad_(false).requiresGrad_();
      x.sum().backward();
      assertEquals([...x.grad!.dataSync()], [3]);
      x.grad = null;
    }),
  );

  it(
    "come before what retainGrad keeps, and see all uses of an alias",
    clean(() => {
      const x = leaf(1);
      const y = x.mul(2).retainGrad();
      y.alias().registerHook((g) => g.mul(5));
      y.sum().add(y.sum()).backward();
      assertEquals([...y.grad!.dataSync()], [10]);
      assertEquals([...x.grad!.dataSync()], [20]);
      x.grad = null;
    }),
  );

  it(
    "keep a gradient as long as the scope around backward",
    clean(() => {
      const x = leaf(1, 2);
      const kept: Tensor[] = [];
      const y = x.exp();
      y.registerHook((g) => void kept.push(g, g.add(1)));
      y.mul(2).sum().backward();
      assertEquals(kept.map((g) => [...g.dataSync()]), [[2, 2], [3, 3]]);
      x.grad = null;
    }),
  );

  it(
    "return a tensor that stays what it was",
    clean(() => {
      const [x, constant] = [leaf(1), tensor([7])];
      const y = x.mul(2);
      y.registerHook(() => constant);
      y.sum().backward();
      y.registerHook(() => constant.alias());
      assertEquals([...x.grad!.dataSync()], [14]);
      assertEquals([...constant.dataSync()], [7]);
      x.grad = null;
    }),
  );

  it(
    "are recorded where gradients are",
    clean(() => {
      const x = leaf(3);
      const y = x.mul(1);
      y.registerHook((g) => g.mul(x).mul(x));
      const first = grad(y.sum(), x, { createGraph: true })[0]!;
      assertEquals([...first.dataSync()], [9]);
      assertEquals([...grad(first.sum(), x)[0]!.dataSync()], [6]);
    }),
  );

  it(
    "are called no longer once they are removed, also by each other",
    clean(() => {
      const x = leaf(1);
      const calls: string[] = [];
      x.registerHook(() => {
        calls.push("first");
        second.remove();
        second.remove();
        x.registerHook(() => void calls.push("third"));
      });
      const second = x.registerHook(() => void calls.push("second"));
      x.sum().backward();
      assertEquals(calls, ["first"]);
      x.sum().backward();
      assertEquals(calls, ["first", "first", "third"]);
      x.grad = null;
    }),
  );

  it(
    "end a backward that they throw in, and leave no memory",
    clean(() => {
      const x = leaf(1);
      const y = x.exp();
      y.registerHook(() => {
        throw new Error("no more");
      });
      assertThrows(() => y.exp().sum().backward(), Error, "no more");
      assertStrictEquals(x.grad, null);
    }),
  );

  it(
    "refuse other shapes, other things, and tensors without a gradient",
    clean(() => {
      const x = leaf(1, 2);
      for (
        const [given, why] of [
          [tensor([1]), "a tensor of shape [2]: got shape [1]"],
          [3, "a tensor of shape [2]: got 3"],
        ] as const
      ) {
        using _ = x.registerHook(() => given as Tensor);
        assertThrows(() => x.sum().backward(), Error, why);
      }
      assertThrows(
        () => tensor([1]).registerHook(() => {}),
        Error,
        "requires no gradient",
      );
      assertThrows(
        () => x.registerHook(3 as never),
        TypeError,
        "it must be a function: got 3",
      );
    }),
  );

  it(
    "belong to what a compiled function replays, and to no plan before",
    clean(() => {
      const w = leaf(1, 2);
      const step = compile(() => {
        w.grad = null;
        const y = w.square();
        y.registerHook((g) => g.mul(3));
        y.sum().backward();
      });
      for (let i = 0; i < 3; i++) step();
      assertEquals([...w.grad!.dataSync()], [6, 12]);
      const handle = w.registerHook((g) => g.mul(10));
      for (let i = 0; i < 3; i++) step();
      assertEquals([...w.grad!.dataSync()], [60, 120]);
      handle.remove();
      step();
      assertEquals([...w.grad!.dataSync()], [6, 12]);
      step.dispose();
      w.grad = null;
    }),
  );
});

describe("autogradFunction", () => {
  it(
    "leaves a tensor alone that its backward returns each time",
    clean(() => {
      const constant = tensor([7]);
      const fn = autogradFunction({
        forward: (_ctx, x) => x!.mul(2),
        backward: () => constant,
      });
      const x = leaf(1);
      fn(x).sum().backward();
      assertEquals([...constant.dataSync()], [7]);
      fn(x).sum().backward();
      assertEquals([...x.grad!.dataSync()], [14]);
      x.grad = null;
    }),
  );
});
