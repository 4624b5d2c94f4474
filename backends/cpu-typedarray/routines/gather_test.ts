import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { IndexError } from "@tenfold/core";
import {
  address,
  numbers,
  type Operand,
  operand,
  positions,
} from "../testing.ts";
import { inLayouts, layouts, runRoutine, target } from "./testing.ts";

/** Indices from 0 to `bound - 1`. */
function indices(count: number, bound: number): number[] {
  return numbers("int32", count, 8).map((x) => (x + 9) % bound);
}

/** The elements that `gather` picks, by its formula. */
function picked(
  x: Operand,
  index: readonly number[],
  shape: readonly number[],
): number[] {
  return positions(shape).map((position, i) =>
    x.data[address(x, [...position.slice(0, -1), index[i]!])]!
  );
}

describe("gather", () => {
  it("picks along the last dim in every layout and dtype", () => {
    for (
      const [shape, bound] of [[[4], 3], [[3, 5], 7], [[2, 3, 4], 6]] as const
    ) {
      const size = shape.reduce((a: number, b: number) => a * b, 1);
      const from = [...shape.slice(0, -1), bound];
      for (const dtype of ["bool", "int32", "float32", "float64"] as const) {
        const index = indices(size, bound);
        for (const strides of layouts(from)) {
          const x = operand(dtype, from, strides, 2);
          for (const i of inLayouts("int32", shape, index)) {
            for (
              const out of [
                target(dtype, shape),
                inLayouts(dtype, shape, index)[1]!,
              ]
            ) {
              const [found] = runRoutine("gather", shape, [out], [x, i], [
                bound,
              ]);
              assertEquals(found, picked(x, index, shape));
            }
          }
        }
      }
    }
  });

  it("picks whole rows where an index serves a row, as an embedding does", () => {
    // The loop is [width, tokens]; the table has a row for each word.
    const [width, tokens, words] = [70, 9, 5];
    const table = operand("float32", [width, words], [1, width], 3);
    const index = operand(
      "int32",
      [width, tokens],
      [0, 1],
      4,
      Array(width).fill(indices(tokens, words)).flat(),
    );
    const out = operand("float32", [width, tokens], [1, width], 5);
    const [found] = runRoutine(
      "gather",
      [width, tokens],
      [out],
      [table, index],
      [words],
    );
    assertEquals(
      found,
      picked(table, Array(width).fill(indices(tokens, words)).flat(), [
        width,
        tokens,
      ]),
    );
  });

  it("names an index that is out of range, and what was expected", () => {
    for (const bad of [7, 5, -1]) {
      const x = operand("float32", [5], [1], 1);
      const index = inLayouts("int32", [3], [0, bad, 1])[0]!;
      assertThrows(
        () =>
          runRoutine("gather", [3], [target("float32", [3])], [x, index], [5]),
        IndexError,
        `Cannot gather as an index is out of range: got ${bad}, expected 0 to 4`,
      );
    }
  });

  it("refuses every index where there is nothing to choose from", () => {
    const x = operand("float32", [1], [1], 1);
    const index = inLayouts("int32", [1], [0])[0]!;
    assertThrows(
      () =>
        runRoutine("gather", [1], [target("float32", [1])], [x, index], [0]),
      IndexError,
      "got 0, expected none",
    );
  });
});
