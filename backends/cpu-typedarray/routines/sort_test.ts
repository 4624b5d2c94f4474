import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { numbers } from "../testing.ts";
import { inLayouts, rowsOf, runRoutine, target } from "./testing.ts";

/** Places of a row in a stable order in which NaN is the largest. */
function order(row: readonly number[], descending: boolean): number[] {
  const compare = (a: number, b: number) =>
    a === b || (a !== a && b !== b) ? 0 : a < b || b !== b ? -1 : 1;
  return [...row.keys()].sort((i, j) =>
    descending ? compare(row[j]!, row[i]!) : compare(row[i]!, row[j]!)
  );
}

describe("sort", () => {
  it("is stable in both directions, in every layout and dtype", () => {
    for (const shape of [[1], [2], [17], [3, 16], [2, 3, 33], [2, 500]]) {
      const size = shape.reduce((a, b) => a * b, 1);
      for (const dtype of ["bool", "int32", "float32", "float64"] as const) {
        // Few different numbers, so that many are equal.
        const values = numbers(dtype, size, 6).map((x) => Math.round(x));
        for (const descending of [false, true]) {
          const places = rowsOf(values, shape).map((row) =>
            order(row, descending)
          );
          const sorted = rowsOf(values, shape).map((row, r) =>
            places[r]!.map((i) => row[i]!)
          );
          for (const x of inLayouts(dtype, shape, values)) {
            const found = runRoutine(
              "sort",
              shape,
              [target(dtype, shape), target("int32", shape)],
              [x],
              [descending ? 1 : 0],
            );
            assertEquals(
              found[0]!.map((v) => v + 0),
              sorted.flat().map((v) => v + 0),
            );
            assertEquals(found[1], places.flat());
          }
        }
      }
    }
  });

  it("puts NaN last, and first where it descends", () => {
    const row = [NaN, 2, -Infinity, NaN, Infinity, 1];
    const x = inLayouts("float32", [6], row)[0]!;
    const outputs = [target("float32", [6]), target("int32", [6])];
    assertEquals(runRoutine("sort", [6], outputs, [x], [0]), [
      [-Infinity, 1, 2, Infinity, NaN, NaN],
      [2, 5, 1, 4, 0, 3],
    ]);
    assertEquals(runRoutine("sort", [6], outputs, [x], [1]), [
      [NaN, NaN, Infinity, 2, 1, -Infinity],
      [0, 3, 4, 1, 5, 2],
    ]);
  });

  it("keeps rows of NaN alone in their order", () => {
    for (const n of [1, 40]) {
      const x = inLayouts("float64", [n], new Array(n).fill(NaN))[0]!;
      const outputs = [target("float64", [n]), target("int32", [n])];
      for (const descending of [0, 1]) {
        const found = runRoutine("sort", [n], outputs, [x], [descending]);
        assertEquals(found[1], [...Array(n).keys()]);
      }
    }
  });

  it("keeps the ends of the integers and the sign of zero", () => {
    const x = inLayouts("int32", [3], [0, -2147483648, 2147483647])[0]!;
    const outputs = [target("int32", [3]), target("int32", [3])];
    assertEquals(runRoutine("sort", [3], outputs, [x], [1])[0], [
      2147483647,
      0,
      -2147483648,
    ]);
    const zeros = inLayouts("float32", [3], [0, -0, -1])[0]!;
    const out = [target("float32", [3]), target("int32", [3])];
    assertEquals(runRoutine("sort", [3], out, [zeros], [0]), [[-1, 0, -0], [
      2,
      0,
      1,
    ]]);
  });
});
