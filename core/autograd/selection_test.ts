import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import { tensor } from "../creation.ts";
import { call, constant, type Expr } from "../expr/expr.ts";
import { fused } from "../fused.ts";
import { grad } from "./grad.ts";
import type { Tensor } from "../tensor.ts";

const leaf = (values: number[]) => tensor(values, { requiresGrad: true });

/** The gradient of the sum of `f`. */
function slope(values: number[], f: (x: Tensor) => Tensor): number[] {
  const x = leaf(values);
  f(x).sum().backward();
  return [...x.grad!.dataSync()];
}

const zero = (x: Expr) => constant(0, x.dtype);

describe("the gradient of what is not taken", () => {
  const steps: Record<string, (x: Tensor) => Tensor> = {
    maximum: (x) => x.maximum(0),
    "maximum of fused": (x) =>
      fused("max", ([x]) => call("max", x!, zero(x!))).map([x]),
    "minimum of fused": (x) =>
      fused("min", ([x]) => call("neg", call("min", call("neg", x!), zero(x!))))
        .map([x]),
    "select of fused": (x) =>
      fused(
        "select",
        ([x]) => call("select", call("gt", x!, zero(x!)), x!, zero(x!)),
      ).map([x]),
    minimum: (x) => x.neg().minimum(0).neg(),
    clamp: (x) => x.clamp({ min: 0 }),
    "clamp to a tensor": (x) => x.clamp({ min: tensor(0) }),
    where: (x) => x.where(x.gt(0), 0),
    relu: (x) => x.relu(),
  };
  for (const [name, step] of Object.entries(steps)) {
    it(
      `is 0 before an infinitely steep step: ${name}`,
      clean(() => {
        for (
          const steep of [
            (x: Tensor) => x.sqrt(),
            (x: Tensor) => x.log(),
            (x: Tensor) => x.pow(0.5),
            (x: Tensor) => x.reciprocal(),
          ]
        ) {
          const expected = slope([4], steep)[0]!;
          assertEquals(slope([-1, 4, -9], (x) => steep(step(x))), [
            0,
            expected,
            0,
          ]);
        }
      }),
    );

    it(
      `is 0 at the second order as well: ${name}`,
      clean(() => {
        const x = leaf([-1, 4]);
        const [first] = grad(step(x).square().sum(), x, { createGraph: true });
        assertEquals(first!.toArraySync(), [0, 8]);
        const [second] = grad(first!.sum(), x);
        assertEquals(second!.toArraySync(), [0, 2]);
      }),
    );
  }
});

describe("the gradient at NaN", () => {
  it(
    "goes to both operands of maximum and minimum",
    clean(() => {
      const larger = fused("max", ([a, b]) => call("max", a!, b!));
      const smaller = fused("min", ([a, b]) => call("min", a!, b!));
      const functions: ((a: Tensor, b: Tensor) => Tensor)[] = [
        (a, b) => a.maximum(b),
        (a, b) => a.minimum(b),
        (a, b) => larger.map([a, b]),
        (a, b) => smaller.map([a, b]),
      ];
      for (const f of functions) {
        const [a, b] = [leaf([NaN, 1, NaN]), leaf([2, NaN, NaN])];
        f(a, b).sum().backward();
        assertEquals(a.grad!.toArraySync(), [1, 1, 1]);
        assertEquals(b.grad!.toArraySync(), [1, 1, 1]);
      }
    }),
  );

  it(
    "goes to the NaN of a reduction by max or min",
    clean(() => {
      for (const name of ["max", "min"] as const) {
        assertEquals(slope([1, NaN, 3], (x) => x[name]()), [0, 1, 0]);
        assertEquals(slope([NaN, NaN, 3], (x) => x[name](0)), [0.5, 0.5, 0]);
      }
    }),
  );
});

describe("the gradient of remainder by its divisor", () => {
  it(
    "takes the quotient that the remainder left",
    clean(() => {
      // 1 / 0.1 is rounded to 10 in float32, but 0.1 goes in 9 times.
      const quotient = fused(
        "remainder",
        ([a, b]) => call("remainder", a!, b!),
      );
      const functions: ((a: Tensor, b: Tensor) => Tensor)[] = [
        (a, b) => a.remainder(b),
        (a, b) => quotient.map([a, b]),
      ];
      for (const f of functions) {
        const a = tensor([1, 1, -1, 7, -7, 2, 2]);
        const b = leaf([0.1, 1.1, 0.3, -2, 2, -Infinity, Infinity]);
        f(a, b).sum().backward();
        assertEquals(b.grad!.toArraySync(), [-9, 0, 4, 4, 4, 1, 0]);
      }
    }),
  );
});

describe("the gradient of a power by its exponent", () => {
  it(
    "is infinite at 0 to a negative power, as PyTorch has it, and else 0 at 0",
    clean(() => {
      const raised = fused("pow", ([a, b]) => call("pow", a!, b!));
      const functions: ((a: Tensor, b: Tensor) => Tensor)[] = [
        (a, b) => a.pow(b),
        (a, b) => raised.map([a, b]),
      ];
      for (const f of functions) {
        const b = leaf([-1, 0, 2, 0.5]);
        f(tensor([0, 0, 0, 0]), b).sum().backward();
        assertEquals(b.grad!.toArraySync(), [-Infinity, 0, 0, 0]);
      }
    }),
  );
});

describe("the gradient at no spread and no length", () => {
  it(
    "is 0",
    clean(() => {
      assertEquals(slope([2, 2], (x) => x.std()), [0, 0]);
      assertEquals(slope([2], (x) => x.std(0, { unbiased: false })), [0]);
      for (const p of [-1, 0, 0.5, 1, 1.5, 2, 3, 4, Infinity, -Infinity]) {
        assertEquals(slope([0, 0], (x) => x.norm(0, { p })).map(Math.abs), [
          0,
          0,
        ]);
      }
    }),
  );

  it(
    "is that of finite differences elsewhere, to the second order",
    clean(() => {
      const x = leaf([3, 4]);
      const [first] = grad(x.norm(0, { p: 3 }), x, { createGraph: true });
      const [second] = grad(first!.select(0, 0), x);
      const length = (27 + 64) ** (1 / 3);
      const found = second!.dataSync();
      const expected = [
        2 * 3 / length ** 2 - 2 * 3 ** 4 / length ** 5,
        -2 * 9 * 16 / length ** 5,
      ];
      expected.forEach((e, i) =>
        assertEquals(Math.abs(found[i]! - e) < 1e-5, true)
      );
    }),
  );
});
