import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DType } from "@tenfold/core";
import { call, type Formula, type Op } from "@tenfold/core/backend";
import type { Plain } from "./ops/plain.ts";
import { reference } from "./ops/table.ts";
import {
  firstDifference,
  flushed,
  flushingOf,
  type Tolerance,
} from "./compare.ts";
import { gradientOf, lifted, secondOf, weightedLoss } from "./difference.ts";
import { EQUAL, EXACT } from "./scalar_tolerance.ts";

const list = (data: readonly number[], dtype: DType = "float32"): Plain => ({
  shape: [data.length],
  dtype,
  data,
});

/** Whether one number passes for another. */
function passes(
  actual: number,
  expected: number,
  tolerance: Tolerance,
): boolean {
  return firstDifference(
    Float64Array.of(actual),
    list([expected]),
    tolerance,
  ) < 0;
}

const { fround } = Math;

/** The first number that a device which flushes may not give. */
function differs(
  op: Op,
  inputs: readonly Plain[],
  actual: readonly number[],
): number {
  const rounded = inputs.map((x) => ({ ...x, data: x.data.map(fround) }));
  return firstDifference(
    Float32Array.from(actual),
    reference(op, rounded)[0]!,
    EXACT,
    flushingOf(op, rounded, 0),
  );
}

const NEAR: Tolerance = { epsilons: 4 };

describe("a comparison", () => {
  it("takes NaN for NaN alone", () => {
    for (const tolerance of [EXACT, EQUAL, NEAR]) {
      assertEquals(passes(NaN, NaN, tolerance), true);
      assertEquals(passes(NaN, 0, tolerance), false);
      assertEquals(passes(0, NaN, tolerance), false);
      assertEquals(passes(Infinity, NaN, tolerance), false);
    }
  });

  it("looks at the sign of zero where it is asked to", () => {
    assertEquals(passes(-0, 0, EXACT), false);
    assertEquals(passes(-0, 0, EQUAL), true);
    assertEquals(passes(-0, 0, NEAR), true);
    assertEquals(passes(-0, -0, EXACT), true);
  });

  it("allows epsilons of the number, or of what it is made of", () => {
    assertEquals(passes(1 + 4 * 2 ** -23, 1, NEAR), true);
    assertEquals(passes(1 + 5 * 2 ** -23, 1, NEAR), false);
    assertEquals(passes(1 + 2 ** -23, 1, EQUAL), false);
    const ofTerms = { epsilons: 4, scale: [1000] };
    assertEquals(passes(1 + 4000 * 2 ** -23, 1, ofTerms), true);
    assertEquals(passes(1 + 4001 * 2 ** -23, 1, ofTerms), false);
  });

  it("has infinity beside the largest number", () => {
    const largest = (2 - 2 ** -23) * 2 ** 127;
    assertEquals(passes(Infinity, largest, NEAR), true);
    assertEquals(passes(largest, Infinity, NEAR), true);
    assertEquals(passes(Infinity, largest, EXACT), false);
    assertEquals(passes(Infinity, 1e30, NEAR), false);
    assertEquals(passes(-Infinity, Infinity, NEAR), false);
    assertEquals(passes(1e30, Infinity, { epsilons: 4, scale: 1e3 }), false);
  });

  it("takes numbers a period apart for neighbours", () => {
    const remainder = { epsilons: 2, scale: [8], period: [3] };
    assertEquals(passes(2.9999998, 0, remainder), true);
    assertEquals(passes(2.9, 0, remainder), false);
  });

  it("takes 0 for a subnormal number where they are flushed", () => {
    assertEquals(flushed(list([1e-40, -1e-40, 1e-30])).data, [0, -0, 1e-30]);
    const copied = (...actual: number[]) =>
      differs({ name: "copy" }, [list([1e-40, 1e-30])], actual);
    assertEquals(copied(fround(1e-40), fround(1e-30)), -1);
    assertEquals(copied(0, fround(1e-30)), -1);
    assertEquals(copied(fround(1e-40), 0), 1);
    assertEquals(copied(fround(2e-40), fround(1e-30)), 0);
  });

  it("takes either reading of a subnormal number at each element", () => {
    const x = list([1e-40, 1e-40, 1e-40, 1]);
    const y = list([1e30, 1e30, 1e30, 1]);
    const product = fround(fround(1e-40) * fround(1e30));
    const multiplied = (...actual: number[]) =>
      differs({ name: "mul" }, [x, y], actual);
    assertEquals(multiplied(product, 0, product, 1), -1);
    assertEquals(multiplied(0, 0, 0, 1), -1);
    assertEquals(multiplied(product, product / 2, 0, 1), 1);
    assertEquals(multiplied(0, product, 0, 0), 3);
  });

  it("takes 0 for what is subnormal before it is rounded", () => {
    // Just below the smallest normal number, to which it is rounded.
    const x = list([1 - 2 ** -24, 1]);
    const y = list([2 ** -126, 2 ** -126]);
    const multiplied = (...actual: number[]) =>
      differs({ name: "mul" }, [x, y], actual);
    assertEquals(multiplied(2 ** -126, 2 ** -126), -1);
    assertEquals(multiplied(0, 2 ** -126), -1);
    assertEquals(multiplied(2 ** -126, 0), 1);
  });

  it("asks for the very integer", () => {
    const differing = (actual: number) =>
      firstDifference(Int32Array.of(actual), list([5], "int32"), NEAR);
    assertEquals([differing(5), differing(6)], [-1, 0]);
  });

  it("gives the first element that differs", () => {
    const actual = Float32Array.of(1, 2, 3, 5);
    assertEquals(firstDifference(actual, list([1, 2, 4, 4]), EXACT), 2);
  });
});

describe("a finite difference", () => {
  const x = list([0.5, -1.25, 2]);
  const weights = [1, -2, 0.5];

  it("is the first derivative", () => {
    const [gradient] = gradientOf(weightedLoss({ name: "exp" }, weights), [x]);
    gradient!.forEach((d, i) =>
      assertAlmostEquals(d, weights[i]! * Math.exp(x.data[i]!), 1e-9)
    );
  });

  it("is the second derivative along a direction", () => {
    const y = list([1, 3, -2]);
    const direction = [[1, 1, 2], [0.5, -1, 3]];
    const [byX, byY] = secondOf(
      weightedLoss({ name: "mul" }, weights),
      [x, y],
      direction,
    );
    byX!.forEach((d, i) =>
      assertAlmostEquals(d, weights[i]! * direction[1]![i]!, 1e-8)
    );
    byY!.forEach((d, i) =>
      assertAlmostEquals(d, weights[i]! * direction[0]![i]!, 1e-8)
    );
  });

  it("leaves integers alone", () => {
    const index = list([2, 0], "int32");
    const loss = weightedLoss({ name: "gather", dim: 0 }, [1, 3]);
    const [gradient, none] = gradientOf(loss, [x, index]);
    assertEquals(none, null);
    assertAlmostEquals(gradient![0]!, 3, 1e-9);
    assertAlmostEquals(gradient![1]!, 0, 1e-9);
    assertAlmostEquals(gradient![2]!, 1, 1e-9);
  });

  it("sees operations in float64, expressions with shared nodes as well", () => {
    const square = call(
      "mul",
      { kind: "arg", index: 0, dtype: "float32" },
      { kind: "arg", index: 0, dtype: "float32" },
    );
    const formula: Formula = {
      label: "twice",
      inputs: ["float32"],
      scalars: 0,
      expr: call("add", square, square),
    };
    const op: Op = { name: "map", formula, scalars: [] };
    const exact = lifted(op) as typeof op & { formula: Formula };
    assertEquals(exact.formula.inputs, ["float64"]);
    const { expr } = exact.formula;
    assertEquals(expr.dtype, "float64");
    assertEquals(expr.kind === "call" && expr.args[0] === expr.args[1], true);
    assertEquals(formula.inputs, ["float32"]);
  });
});
