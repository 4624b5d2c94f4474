import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import { ones, tensor, zeros } from "../creation.ts";
import { randn } from "../random.ts";
import { GradientError, ReleasedError, ShapeError } from "../errors.ts";
import { manualSeed } from "../random_state.ts";
import { memory } from "../storage.ts";
import { grad } from "./grad.ts";
import type { Tensor } from "../tensor.ts";
import { autogradFunction } from "./custom.ts";
import { gradcheck } from "./gradcheck.ts";
import { enableGrad, noGrad } from "./mode.ts";

const leaf = (values: number[]) => tensor(values, { requiresGrad: true });

describe("backward", () => {
  it(
    "adds into the gradients of leaves",
    clean(() => {
      const x = leaf([1, 2, 3]);
      x.square().sum().backward();
      assertEquals(x.grad!.toArraySync(), [2, 4, 6]);
      x.sum().backward();
      assertEquals(x.grad!.toArraySync(), [3, 5, 7]);
      x.grad = null;
      x.mul(x).backward(tensor([1, 0, 10]));
      assertEquals(x.grad!.toArraySync(), [2, 0, 60]);
    }),
  );

  it(
    "leaves nothing behind where a gradient cannot be added",
    clean(() => {
      const x = leaf([1, 2, 3]);
      x.sum().backward();
      x.grad!.dispose();
      const y = x.square().sum();
      const { bytes } = memory();
      assertThrows(
        () => y.backward(undefined, { retainGraph: true }),
        ReleasedError,
      );
      assertEquals(memory().bytes, bytes);
      x.grad = null;
      y.backward();
      assertEquals(x.grad!.toArraySync(), [2, 4, 6]);
    }),
  );

  it(
    "refuses options in place of the gradient",
    clean(() => {
      const y = leaf([1]).sum();
      assertThrows(
        // deno-lint-ignore no-explicit-any
        () => (y as any).backward({ retainGraph: true }),
        TypeError,
        "Cannot run backward as the gradient, which comes before options, must be a tensor: got an object",
      );
    }),
  );

  it(
    "gives each leaf memory of its own",
    clean(() => {
      const [a, b] = [leaf([1]), leaf([2])];
      a.add(b).sum().backward();
      a.grad!.fill_(5);
      assertEquals(b.grad!.toArraySync(), [1]);
    }),
  );

  it(
    "sums what broadcasting repeated",
    clean(() => {
      const x = leaf([1, 2, 3]);
      const bias = tensor(1, { requiresGrad: true });
      ones([4, 3]).mul(x).add(bias).sum().backward();
      assertEquals(x.grad!.toArraySync(), [4, 4, 4]);
      assertEquals(bias.grad!.itemSync(), 12);
    }),
  );

  it(
    "reaches each place of a diamond once",
    clean(() => {
      const x = leaf([2]);
      let y: Tensor = x;
      // 2^60 paths: only a walk by nodes ends.
      for (let i = 0; i < 60; i++) y = y.add(y).mul(0.5);
      y.sum().backward();
      assertEquals(x.grad!.toArraySync(), [1]);
    }),
  );

  it(
    "walks a tape of 20,000 operations",
    clean(() => {
      const x = leaf([1]);
      let y: Tensor = x;
      for (let i = 0; i < 20_000; i++) y = y.add(0);
      y.sum().backward();
      assertEquals(x.grad!.toArraySync(), [1]);
    }),
  );

  it(
    "refuses what the tape cannot give",
    clean(() => {
      const x = leaf([1, 2]);
      assertThrows(() => x.mul(2).backward(), GradientError, "not a scalar");
      assertThrows(
        () => ones([1]).backward(),
        GradientError,
        "nothing was recorded",
      );
      assertThrows(
        () => x.mul(2).backward(ones([3])),
        ShapeError,
        "got [3] for a tensor of [2]",
      );
      const y = x.square().sum();
      y.backward();
      assertThrows(() => y.backward(), GradientError, "retainGraph");
      assertThrows(
        () => tensor([1], { dtype: "int32", requiresGrad: true }),
        GradientError,
        "int32",
      );
    }),
  );

  it(
    "runs twice when the graph is retained",
    clean(() => {
      const x = leaf([3]);
      const y = x.square().sum();
      y.backward(undefined, { retainGraph: true });
      y.backward();
      assertEquals(x.grad!.toArraySync(), [12]);
    }),
  );

  it(
    "refuses values that were changed in place",
    clean(() => {
      const x = leaf([1, 2]);
      const w = tensor([3, 4]);
      const y = x.mul(w).sum();
      w.add_(1);
      assertThrows(() => y.backward(), GradientError, "changed in place");
      assertThrows(() => x.add_(1), GradientError, "noGrad");
      const z = x.exp();
      assertThrows(() => z.mul_(2), GradientError, "mul_ in place");
    }),
  );

  it(
    "leaves alone changes of what no rule saved",
    clean(() => {
      const x = leaf([1, 2]);
      const b = tensor([3, 4]);
      const y = x.add(b).sum();
      b.zero_();
      y.backward();
      assertEquals(x.grad!.toArraySync(), [1, 1]);
    }),
  );

  it(
    "keeps gradients between on request",
    clean(() => {
      const x = leaf([1, 2]);
      const y = x.mul(3).retainGrad();
      y.square().sum().backward();
      assertEquals(y.grad!.toArraySync(), [6, 12]);
      assertEquals([x.isLeaf, y.isLeaf], [true, false]);
    }),
  );

  it(
    "stops at detach and under noGrad",
    clean(async () => {
      const x = leaf([1]);
      assertEquals(x.detach().mul(2).requiresGrad, false);
      assertEquals(noGrad(() => x.mul(2).requiresGrad), false);
      assertEquals(
        noGrad(() => enableGrad(() => x.mul(2).requiresGrad)),
        true,
      );
      await noGrad(async () => {
        await Promise.resolve();
        assertEquals(x.mul(2).requiresGrad, false);
      });
      assertEquals(x.mul(2).requiresGrad, true);
      assertThrows(
        () =>
          noGrad(() => {
            throw new Error("inside");
          }),
        Error,
        "inside",
      );
      assertEquals(x.mul(2).requiresGrad, true);
    }),
  );

  it(
    "agrees with PyTorch on ties and zeros",
    clean(() => {
      const ties = leaf([2, 2, 1]);
      ties.max().backward();
      assertEquals(ties.grad!.toArraySync(), [0.5, 0.5, 0]);
      const zero = leaf([0, 2, 3]);
      zero.prod().backward();
      assertEquals(zero.grad!.toArraySync(), [6, 0, 0]);
      const norm = leaf([0, 0]);
      norm.norm().backward();
      assertEquals(norm.grad!.toArraySync(), [0, 0]);
      const power = leaf([0]);
      power.pow(0).sum().backward();
      assertEquals(power.grad!.toArraySync(), [0]);
    }),
  );
});

describe("grad", () => {
  it(
    "differentiates again, to any order",
    clean(() => {
      const x = leaf([2]);
      let y = x.pow(4).sum();
      const orders: number[] = [];
      for (let i = 0; i < 4; i++) {
        const [g] = grad(y, x, { createGraph: true });
        y = g!.sum();
        orders.push(y.itemSync());
      }
      assertEquals(orders, [32, 48, 48, 24]);
    }),
  );

  it(
    "leaves .grad alone and takes inputs that are not leaves",
    clean(() => {
      const x = leaf([1, 2]);
      const y = x.mul(3);
      const [gy, gx] = grad(y.square().sum(), [y, x]);
      assertEquals(gy!.toArraySync(), [6, 12]);
      assertEquals(gx!.toArraySync(), [18, 36]);
      assertEquals(x.grad, null);
      assertThrows(() => grad(x.sum(), [ones([1])]), GradientError, "input 0");
      const other = leaf([5]);
      assertEquals(grad(x.sum(), other)[0]!.toArraySync(), [0]);
    }),
  );
});

describe("autogradFunction", () => {
  it(
    "has several outputs that carry gradients",
    clean(() => {
      const both = autogradFunction({
        name: "sumAndProduct",
        forward(ctx, a, b) {
          ctx.save(a, b);
          return [a.add(b), a.mul(b)];
        },
        backward(ctx, gSum, gProduct) {
          const [a, b] = ctx.saved;
          return [
            gSum.add(gProduct.mul(b)),
            gSum.add(gProduct.mul(a)),
          ];
        },
      });
      const [a, b] = [leaf([2]), leaf([5])];
      const [sum, product] = both(a, b);
      sum!.add(product!.mul(10)).sum().backward();
      assertEquals(a.grad!.toArraySync(), [51]);
      assertEquals(b.grad!.toArraySync(), [21]);
      both(a, b)[1]!.sum().backward();
      assertEquals(a.grad!.toArraySync(), [56]);
    }),
  );

  it(
    "differentiates again and passes gradcheck",
    clean(async () => {
      const cube = autogradFunction({
        forward(ctx, x) {
          ctx.save(x);
          return x.pow(3);
        },
        backward: (ctx, g) => g.mul(ctx.saved[0].square().mul(3)),
      });
      manualSeed(0);
      const x = randn([3], { dtype: "float64", requiresGrad: true });
      assert(await gradcheck((x) => cube(x!), [x], { secondOrder: true }));
    }),
  );

  it(
    "says when its gradients do not fit",
    clean(() => {
      const wrong = autogradFunction({
        name: "wrong",
        forward: (_, x) => x.mul(2),
        backward: () => [],
      });
      assertThrows(
        () => wrong(leaf([1])).sum().backward(),
        GradientError,
        "0 gradients for 1 inputs",
      );
      const shape = autogradFunction({
        forward: (_, x) => x.mul(2),
        backward: () => zeros([3]),
      });
      assertThrows(() => shape(leaf([1])).sum().backward(), ShapeError, "[3]");
    }),
  );
});

describe("gradcheck", () => {
  it(
    "names the element that differs",
    clean(async () => {
      const lying = autogradFunction({
        forward: (_, x) => x.square(),
        backward: (_, g) => g.mul(3),
      });
      await assertRejects(
        () => gradcheck((x) => lying(x!), [leaf([1, 2])]),
        GradientError,
        "at element 0: got",
      );
    }),
  );
});

describe("the tape", () => {
  it(
    "is released with the tensors that hold it",
    clean(() => {
      const x = leaf([1, 2, 3]);
      const { bytes } = memory();
      const y = x.exp();
      const z = y.mul(y);
      assertEquals(memory().bytes, bytes + 24);
      y.dispose();
      // exp saves its output, mul its inputs: one buffer, still held.
      assertEquals(memory().bytes, bytes + 24);
      z.dispose();
      assertEquals(memory().bytes, bytes);
    }),
  );

  it(
    "lets go of what backward has used",
    clean(() => {
      const x = leaf([1, 2, 3]);
      const loss = x.exp().square().sum();
      loss.backward();
      x.grad = null;
      const { bytes } = memory();
      loss.dispose();
      assert(memory().bytes < bytes);
    }),
  );
});
