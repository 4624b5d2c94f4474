import { assert, assertEquals, assertThrows } from "@std/assert";
import { it } from "@std/testing/bdd";
import {
  arange,
  cat,
  DeviceError,
  full,
  memory,
  noGrad,
  ones,
  rand,
  randn,
  stack,
  type Tensor,
  tensor,
  where,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { Linear } from "@tenfold/nn";
import { Adam, SGD } from "@tenfold/optim";
import { clean, onEachBackend } from "./_testing.ts";

/** Every float16, by its bits; those of NaN are not told apart. */
const EVERY = new Float16Array(new Uint16Array(65536).map((_, i) => i).buffer);

/** Asserts that numbers are the same, signs of zeros included. */
function assertSame(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): void {
  assertEquals(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert(
      Object.is(actual[i], expected[i]),
      `Element ${i} is ${actual[i]}, expected ${expected[i]}`,
    );
  }
}

const half = (data: number | number[] | number[][]): Tensor<"float16"> =>
  tensor(data, { dtype: "float16" });

onEachBackend("float16", (backend) => {
  if (!backend.dtypes.includes("float16")) {
    it("is refused by name", () => {
      assertThrows(() => half([1]), DeviceError, "of float16 on");
    });
    return;
  }

  it(
    "takes two bytes, and data in a Float16Array is of it",
    clean(async () => {
      const before = memory().bytes;
      const x = tensor(EVERY);
      assertEquals(x.dtype, "float16");
      assertEquals(memory().bytes - before, 2 * 65536);
      const data: Float16Array = await x.data();
      assertSame(data, EVERY);
    }),
  );

  it(
    "each is the same float32, and comes back",
    clean(async () => {
      const single = tensor(EVERY).cast("float32");
      assertSame(await single.data(), EVERY);
      assertSame(await single.cast("float16").data(), EVERY);
    }),
  );

  it(
    "numbers between two become the nearer one, in the middle the even one",
    clean(async () => {
      const between: number[] = [];
      const finite = EVERY.filter(Number.isFinite);
      for (let i = 1; i < finite.length; i++) {
        const middle = (finite[i - 1]! + finite[i]!) / 2;
        between.push(middle, middle * (1 + 2 ** -20), middle * (1 - 2 ** -20));
      }
      between.push(65519.99, 65520, 1e30, -65520, 2 ** -25, 2 ** -25 * 1.01);
      const single = Float32Array.from(between);
      const x = tensor(single).cast("float16");
      assertSame(await x.data(), new Float16Array(single));
      if (!backend.dtypes.includes("float64")) return;
      // Rounded once, not by way of float32.
      const double = Float64Array.from(
        between.flatMap((y) => [y * (1 + 2 ** -40), y * (1 - 2 ** -40)]),
      );
      const y = tensor(double).cast("float16");
      assertSame(await y.data(), new Float16Array(double));
    }),
  );

  it(
    "is narrower than float32 and wider than int32",
    clean(async () => {
      const x = half([1]);
      assertEquals(await x.toArray(), [1]);
      const dtypes = [
        x.add(tensor([1])),
        x.add(tensor([1], { dtype: "int32" })),
        x.add(tensor([true])),
        x.add(1.5),
        x.eq(1),
        x.sum(),
        x.mean(),
        where(x.gt(0), x, 0),
        cat([x, x]),
        stack([x, x]),
        x.exp(),
      ].map(({ dtype }) => dtype);
      assertEquals(dtypes, [
        "float32",
        "float16",
        "float16",
        "float16",
        "bool",
        "float16",
        "float16",
        "float16",
        "float16",
        "float16",
        "float16",
      ]);
    }),
  );

  it(
    "what is computed of it keeps the digits of float32 until it is stored",
    clean(async () => {
      const many = ones([5000], { dtype: "float16" });
      assertEquals(await many.sum().item(), 5000);
      assertEquals(await many.mean().item(), 1);
      assertEquals(await many.dot(many).item(), 5000);
      const wide = ones([1, 5000], { dtype: "float16" });
      assertEquals(await wide.matmul(wide.t()).toArray(), [[5000]]);
      // 300^2 is beyond float16, its root is not.
      const large = full([4], 300, { dtype: "float16" });
      assertEquals(await large.norm().item(), 600);
      assertEquals(await large.variance(0).item(), 0);
      assertEquals(await large.logsumexp(0).item(), 301.5);
      assertEquals(await half([6e4, -6e4]).mean().item(), 0);
    }),
  );

  it(
    "routines take it: softmax, sort, gather, pooling, indices of extremes",
    clean(async () => {
      const x = half([[3, 1, 2], [0.5, -1, 4]]);
      const { values, indices } = x.sort(1);
      assertEquals(await values.toArray(), [[1, 2, 3], [-1, 0.5, 4]]);
      assertEquals(await indices.toArray(), [[1, 2, 0], [1, 0, 2]]);
      assertEquals(await x.argmax(1).toArray(), [0, 2]);
      assertEquals(
        await x.gather(1, indices).toArray(),
        await values.toArray(),
      );
      assertEquals(await x.cumsum(1).toArray(), [[3, 4, 6], [0.5, -0.5, 3.5]]);
      assertEquals(x.softmax(1).dtype, "float16");
      assertEquals(values.dtype, "float16");
    }),
  );

  it(
    "random numbers stay below 1",
    clean(async () => {
      const data = await rand([20000], { dtype: "float16" }).data();
      assert(data.every((x) => x >= 0 && x < 1));
      const normal = randn([20000], { dtype: "float16" });
      assert(Math.abs(await normal.mean().item()) < 0.05);
      assert(Math.abs(await normal.std().item() - 1) < 0.05);
    }),
  );

  it(
    "gradients have it",
    clean(async () => {
      const x = half([1, 2, 3]).requiresGrad_();
      x.square().sum().backward();
      assertEquals(x.grad!.dtype, "float16");
      assertEquals(await x.grad!.toArray(), [2, 4, 6]);
      const w = half([[1, 2], [3, 4]]).requiresGrad_();
      half([[1, 1]]).matmul(w).sum().backward();
      assertEquals(await w.grad!.toArray(), [[1, 1], [1, 1]]);
    }),
  );

  it(
    "prints as its numbers are",
    clean(async () => {
      assertEquals(
        await half([0.1, 2]).toText(),
        "Tensor([0.1, 2.0], shape [2], float16)",
      );
      assertEquals(await arange(3, { dtype: "float16" }).toArray(), [0, 1, 2]);
    }),
  );

  for (const [name, Optimizer] of [["SGD", SGD], ["Adam", Adam]] as const) {
    it(
      `a step of ${name} compiled gives the numbers of the step as it is`,
      clean(async () => {
        const losses = [false, true].map((compiled) => {
          const layer = new Linear(3, 2, { dtype: "float16" });
          noGrad(() => {
            layer.weight.copy_(half([[0.5, -1, 2], [1, 0.25, -0.5]]));
            layer.bias!.zero_();
          });
          const optimizer = new Optimizer(layer.parameters(), { lr: 0.125 });
          const step = (x: Tensor): Tensor => {
            optimizer.zeroGrad();
            const loss = layer.forward(x).sub(1).square().mean();
            loss.backward();
            optimizer.step();
            return loss;
          };
          const run = compiled ? compile(step) : step;
          const x = half([[1, 2, 3], [-1, 0, 1], [0.5, 0.5, 0.5]]);
          const all = [];
          for (let i = 0; i < 8; i++) all.push(run(x).detach());
          if ("dispose" in run) (run as { dispose(): void }).dispose();
          optimizer.dispose();
          layer.dispose();
          return stack(all);
        });
        const [eager, again] = await Promise.all(
          losses.map((l) => l.toArray()),
        );
        assertEquals(again, eager);
        const numbers = eager as number[];
        assert(numbers.every(Number.isFinite));
        assert(numbers.at(-1)! < numbers[0]!);
      }),
    );
  }
});
