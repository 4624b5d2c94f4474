import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DType } from "@tenfold/core";
import { castNumber } from "@tenfold/core/backend";
import { assertClose, numbers } from "../testing.ts";
import { inLayouts, rowsOf, runRoutine, target } from "./testing.ts";

const SHAPES = [[1], [7], [1, 1], [3, 5], [33, 17], [2, 20, 9], [4, 1200]];

function softmax(row: readonly number[]): number[] {
  const top = Math.max(...row);
  const powers = row.map((x) => Math.exp(x - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function logSoftmax(row: readonly number[]): number[] {
  const top = Math.max(...row);
  const sum = row.reduce((a, x) => a + Math.exp(x - top), 0);
  return row.map((x) => x - top - Math.log(sum));
}

for (
  const [name, meaning] of [["softmax", softmax], [
    "logSoftmax",
    logSoftmax,
  ]] as const
) {
  describe(name, () => {
    const check = (
      dtype: DType,
      shape: readonly number[],
      values: readonly number[],
    ) => {
      const expected = rowsOf(values, shape).flatMap(meaning)
        .map((x) => castNumber(dtype, x));
      for (const x of inLayouts(dtype, shape, values)) {
        for (
          const out of [target(dtype, shape), {
            ...x,
            data: x.data.map(() => 9),
          }]
        ) {
          const [found] = runRoutine(name, shape, [out], [x]);
          assertClose(found!, expected, dtype);
        }
      }
    };

    it("agrees with its formula in every layout", () => {
      for (const shape of SHAPES) {
        const size = shape.reduce((a, b) => a * b, 1);
        for (const dtype of ["float32", "float64"] as const) {
          check(dtype, shape, numbers(dtype, size, 3));
        }
      }
    });

    it("neither overflows nor loses digits for large numbers", () => {
      check("float32", [2, 3], [1e4, 1e4 + 1, 1e4 + 2, -3e38, -3e38, 3e38]);
      check("float64", [2, 3], [1e4, 1e4 + 1, 1e4 + 2, -1e300, 0, -800]);
    });

    it("gives nothing to -Infinity, and NaN where there is no largest number", () => {
      check("float32", [5, 3], [
        -Infinity,
        1,
        2,
        NaN,
        1,
        2,
        1,
        2,
        NaN,
        Infinity,
        1,
        2,
        -Infinity,
        -Infinity,
        -Infinity,
      ]);
    });
  });
}

describe("softmax", () => {
  it("has rows that sum to 1", () => {
    const x = inLayouts("float32", [8, 100], numbers("float32", 800, 5))[0]!;
    const [found] = runRoutine("softmax", [8, 100], [
      target("float32", [8, 100]),
    ], [x]);
    for (const row of rowsOf(found!, [8, 100])) {
      assert(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-6);
    }
    assertEquals(found!.length, 800);
  });
});
