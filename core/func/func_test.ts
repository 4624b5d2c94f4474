import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import { autogradFunction } from "../autograd/custom.ts";
import { grad } from "../autograd/grad.ts";
import { noGrad } from "../autograd/mode.ts";
import { ones, tensor, zeros } from "../creation.ts";
import { cat, stack } from "../functions.ts";
import { indexAdd, indexPut, maskedFill, scatter } from "../functions/mod.ts";
import { DeviceError, GradientError, ShapeError } from "../errors.ts";
import { compile } from "../program/compile.ts";
import { rand, randn } from "../random.ts";
import { manualSeed } from "../random_state.ts";
import type { Tensor } from "../tensor.ts";
import { hessian, hvp, jacobian, jvp, vjp, vmap } from "./mod.ts";

const double = (shape: number[]): Tensor => randn(shape, { dtype: "float64" });

const apart = (a: Tensor, b: Tensor): number => {
  assertEquals(a.shape, b.shape);
  return a.size === 0 ? 0 : a.sub(b).abs().max().itemSync();
};

/** Steps of random programs, of `[3, 4]` to `[3, 4]`. */
const STEPS: readonly ((x: Tensor, y: Tensor) => Tensor)[] = [
  (x, y) => x.mul(y),
  (x, y) => x.add(y.sin()),
  (x, y) => x.div(y.square().add(1)),
  (x) => x.softmax(1),
  (x) => x.logSoftmax(0).mul(0.3),
  (x) => x.tanh(),
  (x, y) => x.matmul(y.t()).matmul(x).mul(0.1),
  (x) => x.sub(x.mean(1, { keepDim: true })),
  (x) => x.cumsum(0).mul(0.5),
  (x) => x.narrow(1, 1, 3).pad([1, 0]).add(x.mul(0.5)),
  (x, y) => x.hypot(y.add(2)),
  (x) => x.add(x.norm(1, { keepDim: true })),
  (x, y) => x.where(x.gt(0.1), y),
  (x) => x.sort(1).values,
  (x) => x.t().reshape([3, 4]),
  (x) => x.add(x.logsumexp(0)),
  (x) => x.max(0, { keepDim: true }).sub(x).exp().mul(0.2),
];

/** A program that follows from a seed. */
function program(seed: number): (x: Tensor) => Tensor {
  let state = seed * 2654435761 >>> 0;
  const next = (most: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * most);
  };
  const steps = Array.from(
    { length: 2 + next(7) },
    () => [next(STEPS.length), next(99)] as const,
  );
  return (x) => {
    const known = [x];
    for (const [step, operand] of steps) {
      const y = known[operand % known.length]!;
      known.push(STEPS[step]!(known.at(-1)!, y));
    }
    return known.at(-1)!;
  };
}

describe("random programs", () => {
  for (let seed = 1; seed <= 40; seed++) {
    it(
      `agree in forward mode, reverse mode and as a batch: ${seed}`,
      clean(() => {
        manualSeed(seed);
        const f = program(seed);
        const [x, t] = [double([3, 4]), double([3, 4])];
        const leaf = x.detach().requiresGrad_();
        const y = f(leaf);
        const c = double([3, 4]);
        const [g] = grad(y, leaf, { gradOutputs: [c], createGraph: true });
        const [value, tangent] = jvp(f, x, t);
        assertEquals(apart(value, y.detach()), 0);
        const [forward, reverse] = [tangent.mul(c), g.mul(t)];
        assert(apart(forward.sum(), reverse.sum()) < 1e-9);
        const scalar = (x: Tensor) => f(x).mul(c).sum();
        const [, product] = hvp(scalar, x, t);
        if (g.requiresGrad) {
          const [twice] = grad(g, leaf, { gradOutputs: [t] });
          assert(apart(product, twice) < 1e-8);
        }
        const batch = double([3, 3, 4]);
        const together = vmap(f)(batch);
        const gradients = vmap((x: Tensor) => vjp(scalar, x)[1])(batch);
        for (let i = 0; i < 3; i++) {
          const one = batch.select(0, i);
          assert(apart(together.select(0, i), f(one)) < 1e-12);
          assert(apart(gradients.select(0, i), vjp(scalar, one)[1]) < 1e-12);
        }
      }),
    );
  }
});

describe("tangents", () => {
  it(
    "are none of integers among floats, and 0 of norms of zeros",
    clean(() => {
      const ints = tensor([5, 6], { dtype: "int32" });
      const [x, t] = [tensor([1, 2]), tensor([3, 4])];
      const joined = (x: Tensor) => cat([ints as Tensor, x]);
      assertEquals(jvp(joined, x, t)[1].toArraySync(), [0, 0, 3, 4]);
      const places = tensor([0, 0], { dtype: "int32" });
      const summed = (x: Tensor) => x.scatterAdd(0, places, ints);
      assertEquals(jvp(summed, x, t)[1].toArraySync(), [3, 4]);
      const still = tensor([0, 0]);
      assertEquals(jvp((x) => x.norm(), still, t)[1].toArraySync(), 0);
    }),
  );
});

/** What picks elements, of `[3, 5]`, two positions and a mask. */
const PICKS: {
  readonly [name: string]: (x: Tensor, at: Tensor, mask: Tensor) => Tensor;
} = {
  "a number": (x) => x.index(-1),
  "a slice": (x) => x.index([0, 2], [null, null, -2]),
  "an ellipsis": (x) => x.index("...", null, 2),
  "positions of all examples": (x) =>
    x.index(tensor([2, 0], { dtype: "int32" })),
  "a mask of all examples": (x) => x.index(tensor([true, false, true])),
  "positions of its own": (x, at) => x.index(at),
  "positions of the second dim": (x, at) => x.index(":", at),
  "pairs of positions": (x, at) => x.index(at, at),
  "positions and a slice": (x, at) => x.index(at, [1, 4]),
  "positions behind an ellipsis": (x, at) => x.index("...", at),
  "a position in a tensor": (x, at) => x.index(at.select(0, 0)),
  indexSelect: (x, at) => x.indexSelect(1, at),
  gather: (x, at) => x.gather(0, at.unsqueeze(1).expand([2, 5])),
  takeAlongDim: (x, at) => x.takeAlongDim(at.unsqueeze(1), 0),
  indexPut: (x, at) => indexPut(x, [at], x.narrow(0, 0, 2)),
  indexAdd: (x, at) => indexAdd(x, 0, at, x.narrow(0, 0, 2)),
  scatter: (x, at) =>
    scatter(x, 0, at.unsqueeze(1).expand([2, 5]), x.narrow(0, 0, 2)),
  maskedFill: (x, _, mask) => maskedFill(x, mask, 0),
  "topk and sort": (x) => cat([x.topk(2).values, x.sort(1).values], 1),
};

describe("indexing within vmap", () => {
  for (const [name, pick] of Object.entries(PICKS)) {
    it(
      `${name} picks what a loop picks, with its gradient`,
      clean(() => {
        manualSeed(6);
        const x = double([4, 3, 5]).requiresGrad_();
        const at = tensor([[2, 0], [1, 0], [0, 2], [2, 1]], {
          dtype: "int32",
        });
        const mask = double([4, 3, 5]).gt(0);
        const together = vmap(pick)(x, at, mask);
        const each = stack(
          [0, 1, 2, 3].map((n) =>
            pick(x.select(0, n), at.select(0, n), mask.select(0, n))
          ),
        );
        assertEquals(apart(together, each), 0);
        const [g] = grad(together.square().sum(), [x]);
        const [h] = grad(each.square().sum(), [x]);
        assert(apart(g!, h!) < 1e-12);
      }),
    );
  }

  it(
    "refuses a mask of its own, whose elements would differ in number",
    clean(() => {
      const x = double([4, 3]);
      assertThrows(
        () => vmap((x: Tensor) => x.index(x.gt(0)))(x),
        DeviceError,
        "Cannot index with a mask within vmap as the shape of the result follows from values: use where() or maskedFill()",
      );
    }),
  );
});

describe("vmap", () => {
  it(
    "takes and gives batches along any dim, and structures of them",
    clean(() => {
      const x = double([3, 5]);
      const f = vmap(
        ({ a, b }: { a: Tensor; b: Tensor[] }, scale: number) => ({
          sum: a.add(b[0]!).mul(scale),
          two: ones([2]),
        }),
        { inDims: [1, null], outDims: 1 },
      );
      const { sum, two } = f({ a: x, b: [x] }, 3);
      assertEquals(sum.shape, [3, 5]);
      assert(apart(sum, x.mul(6)) < 1e-12);
      assertEquals(two.shape, [2, 5]);
      const pair = vmap((x: Tensor) => [x, x.sum()], { outDims: [-1, 0] })(x);
      assertEquals(pair.map(({ shape }) => shape), [[5, 3], [3]]);
    }),
  );

  it(
    "nests, and gives gradients of each example by what all share",
    clean(() => {
      manualSeed(2);
      const w = double([4, 2]).requiresGrad_();
      const x = double([6, 4]);
      const loss = (x: Tensor) => x.matmul(w).square().sum();
      const each = vmap((x: Tensor) => grad(loss(x), w)[0])(x);
      for (let i = 0; i < 6; i++) {
        assert(
          apart(each.select(0, i), grad(loss(x.select(0, i)), w)[0]) < 1e-12,
        );
      }
      assertEquals(w.grad, null);
      const twice = vmap(vmap((x: Tensor) => grad(loss(x), w)[0]))(
        x.reshape([2, 3, 4]),
      );
      assert(apart(twice.reshape([6, 4, 2]), each) < 1e-12);
      // And what it gives can be differentiated.
      vmap(loss)(x).sum().backward();
      assert(apart(w.grad!, each.sum(0)) < 1e-12);
    }),
  );

  it(
    "draws random numbers as it is told",
    clean(() => {
      const noise = (x: Tensor) => x.add(rand([3])).dropout(0.5);
      const x = zeros([4, 3]);
      assertThrows(() => vmap(noise)(x), TypeError, "randomness");
      manualSeed(1);
      const same = vmap(noise, { randomness: "same" })(x);
      manualSeed(1);
      assert(apart(same.select(0, 3), noise(zeros([3]))) === 0);
      const different = vmap(noise, { randomness: "different" })(x);
      assert(apart(different.select(0, 0), different.select(0, 1)) > 0);
      const nested = vmap(vmap(noise, { randomness: "different" }), {
        randomness: "different",
      })(zeros([2, 2, 3]));
      assert(apart(nested.select(0, 0), nested.select(0, 1)) > 0);
    }),
  );

  it(
    "is part of compiled steps",
    clean(() => {
      const w = double([4]).requiresGrad_();
      const step = compile((x: Tensor) =>
        vmap((x: Tensor) => grad(x.mul(w).sum().square(), w)[0])(x)
      );
      try {
        for (let i = 0; i < 3; i++) {
          const x = double([5, 4]);
          const expected = x.mul(x.mul(w.detach()).sum(1).mul(2).unsqueeze(1));
          assert(apart(step(x), expected) < 1e-12);
        }
        assertEquals(step.stats.replayed, 2);
      } finally {
        step.dispose();
      }
    }),
  );

  it(
    "changes in place what belongs to an example, and nothing else",
    clean(() => {
      const x = double([3, 2]);
      const y = vmap((x: Tensor) => {
        const own = x.clone();
        own.narrow(0, 0, 1).fill_(7);
        return own.add_(x);
      })(x);
      assert(apart(y.narrow(1, 0, 1), x.narrow(1, 0, 1).add(7)) < 1e-12);
      const shared = double([2]);
      assertThrows(
        () => vmap((x: Tensor) => shared.add_(x))(x),
        GradientError,
        "one for all examples",
      );
    }),
  );

  it(
    "refuses what it cannot take",
    clean(() => {
      const [a, b] = [zeros([2]), zeros([3])];
      const sum = (a: Tensor, b: Tensor) => a.add(b);
      assertThrows(() => vmap(sum)(a, b), ShapeError, "got 2 and 3");
      assertThrows(
        () => vmap(sum, { inDims: [null, null] })(a, b),
        TypeError,
        "no argument has a batch",
      );
      assertThrows(() => vmap(sum, { inDims: [0] })(a, b), TypeError, "inDims");
      assertThrows(
        () => vmap((x: Tensor) => x.itemSync())(a),
        DeviceError,
        "where()",
      );
      assertThrows(
        () => vmap((x: Tensor) => Promise.resolve(x))(a),
        TypeError,
        "async",
      );
      let kept: Tensor | undefined;
      vmap((x: Tensor) => kept = x.alias())(a);
      assertThrows(() => kept!.add(1), Error);
      const w = zeros([], { requiresGrad: true });
      assertThrows(
        () => vmap((x: Tensor) => void x.mul(w).backward())(a),
        GradientError,
        "grad()",
      );
    }),
  );
});

describe("jvp", () => {
  it(
    "nests, and can be differentiated",
    clean(() => {
      const cube = (x: Tensor) => x.pow(3);
      const one = ones([], { dtype: "float64" });
      const x = tensor(2, { dtype: "float64" });
      const slope = (x: Tensor) => jvp(cube, x, one)[1];
      assertEquals(jvp(slope, x, one)[1].itemSync(), 12);
      const leaf = x.detach().requiresGrad_();
      const [second] = grad(slope(leaf), leaf, { createGraph: true });
      const [third] = grad(second, leaf);
      assertEquals([second.itemSync(), third.itemSync()], [12, 6]);
      // Not that of a variable from outside: d/dx x * d/dy (x + y) = 1.
      const confused = jvp(
        (x) => x.mul(jvp((y) => x.add(y), one, one)[1]),
        one,
        one,
      );
      assertEquals(confused[1].itemSync(), 1);
    }),
  );

  it(
    "keeps what noGrad says",
    clean(() => {
      const w = double([2]).requiresGrad_();
      const [y, t] = noGrad(() =>
        jvp((x) => x.mul(w).softmax(0), double([2]), double([2]))
      );
      assertEquals([y.requiresGrad, t.requiresGrad], [false, false]);
    }),
  );

  it(
    "refuses tangents that do not fit",
    clean(() => {
      const f = (x: Tensor) => x;
      assertThrows(() => jvp(f, ones([2]), ones([3])), ShapeError, "[3]");
      assertThrows(
        () => jvp(f, ones([2]), ones([2], { dtype: "float64" }) as Tensor),
        TypeError,
        "one dtype",
      );
      assertThrows(
        () => jvp(f, [ones([2])], [] as never),
        TypeError,
        "one tangent",
      );
      assertThrows(
        () => jvp((x) => x.clone().add_(x), ones([2]), ones([2])),
        GradientError,
        "in place",
      );
    }),
  );

  it(
    "goes through functions with a gradient of their own",
    clean(() => {
      const cube = autogradFunction({
        forward: (ctx, x) => (ctx.save(x!), x!.pow(3)),
        backward: (ctx, g) => g.mul(ctx.saved[0]!.square()).mul(3),
      });
      const x = tensor([1, 2], { dtype: "float64" });
      const [, t] = jvp((x) => cube(x), x, x);
      assertEquals(t.toArraySync(), [3, 24]);
      const each = vmap((x: Tensor) => vjp((x) => cube(x), x)[1])(x);
      assertEquals(each.toArraySync(), [3, 12]);
    }),
  );
});

describe("Jacobians and Hessians", () => {
  it(
    "agree in both modes, and of several inputs",
    clean(() => {
      manualSeed(3);
      const f = (a: Tensor, b: Tensor) => a.matmul(b).tanh().sum(1);
      const inputs = [double([2, 3]), double([3, 4])] as [Tensor, Tensor];
      const rows = jacobian(f, inputs);
      const columns = jacobian(f, inputs, { strategy: "forward-mode" });
      rows.forEach((row, i) => assert(apart(row, columns[i]!) < 1e-12));
      assertEquals(rows.map(({ shape }) => shape), [[2, 2, 3], [2, 3, 4]]);
      const h = hessian((a, b) => f(a, b).square().sum(), inputs);
      assertEquals(h[0]![1]!.shape, [2, 3, 3, 4]);
      assert(apart(h[0]![1]!.permute([2, 3, 0, 1]), h[1]![0]!) < 1e-12);
    }),
  );

  it(
    "are zeros where nothing depends, and refuse other than one number",
    clean(() => {
      const x = ones([2]);
      assertEquals(jacobian(() => ones([2]), x).toArraySync(), [[0, 0], [
        0,
        0,
      ]]);
      assertEquals(hessian((x) => x.sum(), x).toArraySync(), [[0, 0], [0, 0]]);
      assertThrows(() => hessian((x) => x, x), ShapeError, "one number");
      assertThrows(
        () => jacobian((x) => x, x, { strategy: "both" as never }),
        RangeError,
        "forward-mode",
      );
    }),
  );
});
