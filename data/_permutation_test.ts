import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { permutation, STREAM } from "./_permutation.ts";

describe("permutation", () => {
  it("holds every number once", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.maxSafeInteger(),
        fc.nat(),
        (length, seed, round) => {
          const order = permutation(length, seed, STREAM.loader, round);
          assertEquals(
            [...order].sort((a, b) => a - b),
            Array.from({ length }, (_, i) => i),
          );
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });

  it("never changes: these are the orders of the first release", () => {
    assertEquals(
      [0, 1].map((round) => [...permutation(8, 42, STREAM.loader, round)]),
      FIRST_ORDERS,
    );
  });

  it("differs between seeds, streams and rounds", () => {
    const orders = [
      permutation(50, 1, STREAM.loader, 0),
      permutation(50, 2, STREAM.loader, 0),
      permutation(50, 1 + 2 ** 32, STREAM.loader, 0),
      permutation(50, -1, STREAM.loader, 0),
      permutation(50, 1, STREAM.split, 0),
      permutation(50, 1, STREAM.loader, 1),
    ].map((order) => order.join());
    assertEquals(new Set(orders).size, orders.length);
  });

  it("puts each number anywhere equally often", () => {
    const length = 6;
    const rounds = 6000;
    const counts = Array.from({ length }, () => new Array(length).fill(0));
    for (let round = 0; round < rounds; round++) {
      permutation(length, 9, STREAM.loader, round)
        .forEach((number, place) => counts[place]![number]++);
    }
    // 25 degrees of freedom: beyond 52.6 once in a thousand.
    const expected = rounds / length;
    const chi2 = counts.flat()
      .reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    assert(chi2 < 52.6, `chi-squared is ${chi2}`);
  });
});

const FIRST_ORDERS: number[][] = [
  [6, 3, 7, 4, 1, 2, 0, 5],
  [1, 5, 0, 7, 3, 2, 6, 4],
];
