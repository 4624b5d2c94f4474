import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import type { Dataset } from "./dataset.ts";
import { randomSplit } from "./random_split.ts";
import type { Subset } from "./subset.ts";

const numbers: Dataset<number> = { length: 10, get: (i) => i };

describe("randomSplit", () => {
  const all = (parts: Subset<number>[]) =>
    parts.flatMap((part) => [...part.indices]);

  it("gives every sample to one part", () => {
    const parts = randomSplit(numbers, [7, 3], { seed: 3 });
    assertEquals(parts.map(({ length }) => length), [7, 3]);
    assertEquals(all(parts).sort((a, b) => a - b), [
      0,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      9,
    ]);
    assert(all(parts).some((index, i) => index !== i));
  });

  it("follows from its seed", () => {
    const split = (seed: number) => all(randomSplit(numbers, [10], { seed }));
    assertEquals(split(5), split(5));
    assert(split(5).join() !== split(6).join());
    assert(split(2 ** 40).join() !== split(0).join());
    assert(split(-1).join() !== split(1).join());
  });

  it("takes fractions, the rest going to the first parts", () => {
    const lengths = (fractions: number[]) =>
      randomSplit(numbers, fractions, { seed: 0 }).map(({ length }) => length);
    assertEquals(lengths([0.5, 0.5]), [5, 5]);
    assertEquals(lengths([1 / 3, 1 / 3, 1 / 3]), [4, 3, 3]);
    assertEquals(lengths([0.7, 0.2, 0.1]), [7, 2, 1]);
    assertEquals(lengths([1]), [10]);
  });

  it("refuses lengths that do not add up", () => {
    for (const lengths of [[5, 4], [0.5, 0.4], [], [-1, 11], [NaN]]) {
      assertThrows(
        () => randomSplit(numbers, lengths, { seed: 0 }),
        RangeError,
        `must add up to 10, or be fractions that add up to 1: got [${
          lengths.join(", ")
        }]`,
      );
    }
    assertThrows(
      () => randomSplit(numbers, [10], { seed: 0.5 }),
      RangeError,
      "Cannot split a dataset as seed must be an integer: got 0.5",
    );
  });
});
