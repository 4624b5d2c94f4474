import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { SCALAR_FUNCTIONS } from "@tenfold/core/backend";
import { erf32, fillErrorTables, gelu32, geluSlope32 } from "./erf32.ts";
import { exp32, fillPowerTable, sigmoid32, tanh32 } from "./float32.ts";

fillErrorTables();
fillPowerTable();

const table =
  (name: "exp" | "tanh" | "sigmoid" | "erf" | "gelu" | "geluSlope") =>
  (x: number) => SCALAR_FUNCTIONS[name].evaluate("float64", x);

/** The largest relative error on a grid between two bounds. */
function worst(
  f: (x: number) => number,
  truth: (x: number) => number,
  low: number,
  high: number,
): number {
  const count = 20_000;
  let error = 0;
  for (let i = 0; i <= count; i++) {
    const x = low + (high - low) * i / count;
    const expected = truth(x);
    const distance = Math.abs(f(x) - expected);
    if (distance > 0) error = Math.max(error, distance / Math.abs(expected));
  }
  return error;
}

describe("functions for float32 results", () => {
  it("lie far nearer to the truth than float32 rounds", () => {
    assert(worst(exp32, Math.exp, -700, 700) < 2e-9);
    assert(worst(sigmoid32, table("sigmoid"), -100, 100) < 2e-9);
    assert(worst(tanh32, Math.tanh, -12, 12) < 1e-8);
    assert(worst(tanh32, Math.tanh, -0.2, 0.2) < 1e-8);
    assert(worst(erf32, table("erf"), -6, 6) < 2e-8);
    assert(worst(erf32, table("erf"), -0.3, 0.3) < 2e-8);
    assert(worst(gelu32, table("gelu"), -13, 13) < 2e-8);
    assert(worst(geluSlope32, table("geluSlope"), -0.7, 14) < 2e-8);
    assert(worst(geluSlope32, table("geluSlope"), -13, -0.8) < 2e-7);
  });

  it("keep the ends of the range and what is not a number", () => {
    const ends = [NaN, -Infinity, Infinity, 0];
    assertEquals(ends.map(exp32), [NaN, 0, Infinity, 1]);
    assertEquals(ends.map(sigmoid32), [NaN, 0, 1, 0.5]);
    assertEquals(ends.map(tanh32), [NaN, -1, 1, 0]);
    assertEquals(ends.map(erf32), [NaN, -1, 1, 0]);
    assertEquals(ends.map((x) => gelu32(x) + 0), [NaN, 0, Infinity, 0]);
    assertEquals([...ends, 99, -99].map(geluSlope32), [
      ...[NaN, NaN, NaN, 0.5, 1, 0],
    ]);
  });

  it("stay accurate for the smallest float32 results", () => {
    assertEquals(Math.fround(exp32(-100)), Math.fround(Math.exp(-100)));
    assertEquals(Math.fround(tanh32(1e-38)), Math.fround(1e-38));
    assertEquals(
      Math.fround(erf32(1e-30)),
      Math.fround(table("erf")(1e-30)),
    );
  });
});
