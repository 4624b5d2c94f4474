import { assert, assertAlmostEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import { tensor } from "../creation.ts";
import type { DType } from "../dtype.ts";
import { grad } from "./grad.ts";
import type { Tensor } from "../tensor.ts";

const { fround } = Math;

/** One element, differentiated where it is a float. */
function one(value: number, dtype: DType): Tensor {
  const requiresGrad = dtype === "float32" || dtype === "float64";
  return tensor([value], { dtype, requiresGrad });
}

function slope(y: Tensor, x: Tensor): number {
  return grad(y.sum(), x)[0]!.dataSync()[0]!;
}

/** Equal to `digits` digits, whatever the size. */
function assertNear(found: number, expected: number, digits: number): void {
  assert(Number.isFinite(found));
  assertAlmostEquals(found / expected, 1, 10 ** -digits);
}

describe("the gradients of operands of two dtypes", () => {
  it(
    "have all digits of float64 beside float32",
    clean(() => {
      const [a, b] = [one(0.1, "float32"), one(0.7, "float64")];
      const [x, y] = [fround(0.1), 0.7];
      const squares = x * x + y * y;
      assertNear(slope(a.pow(b), b), x ** y * Math.log(x), 14);
      assertNear(slope(b.pow(a), b), x * y ** (x - 1), 14);
      assertNear(slope(a.atan2(b), b), -x / squares, 14);
      assertNear(slope(b.atan2(a), b), x / squares, 14);
      assertNear(slope(a.div(b), b), -x / (y * y), 14);
      assertNear(slope(b.div(a), b), 1 / x, 14);
      assertNear(slope(a.mul(b), b), x, 14);
      // The float32 side is rounded once, in the end.
      assertNear(slope(a.pow(b), a), y * x ** (y - 1), 7);
      assertNear(slope(a.atan2(b), a), y / squares, 7);
    }),
  );

  it(
    "do not wrap in int32",
    clean(() => {
      const n = one(70_000, "int32");
      const x = one(2, "float32");
      const squares = 70_000 ** 2 + 4;
      assertNear(slope(n.atan2(x), x), -70_000 / squares, 6);
      assertNear(slope(x.atan2(n), x), 70_000 / squares, 6);
      assertNear(slope(x.pow(n.remainder(9)), x), 7 * 2 ** 6, 6);
      assertNear(
        slope(n.pow(x), x),
        70_000 ** 2 * Math.log(70_000),
        5,
      );
    }),
  );
});
