import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { geometricMean, median, quantile, summarize, thin } from "./stats.ts";

describe("quantile()", () => {
  it("lies between two numbers where the place does", () => {
    assertEquals(quantile([1, 2, 3, 4, 5], 0.5), 3);
    assertEquals(quantile([1, 2], 0.25), 1.25);
    assertEquals(quantile([7], 0.9), 7);
  });

  it("refuses nothing at all", () => {
    assertThrows(() => quantile([], 0.5), RangeError, "quantile of nothing");
  });
});

describe("summarize()", () => {
  it("does not depend on the order of the samples", () => {
    const summary = { median: 3, p25: 2, p75: 4, min: 1 };
    assertEquals(summarize([5, 1, 4, 2, 3]), summary);
  });
});

describe("thin()", () => {
  it("keeps the ends and the middle", () => {
    const many = Array.from({ length: 1001 }, (_, i) => i);
    const few = thin(many, 11);
    assertEquals(few.length, 11);
    assertEquals([few[0], median(few), few.at(-1)], [0, 500, 1000]);
  });

  it("leaves few samples as they are", () => {
    assertEquals(thin([3, 1, 2], 10), [1, 2, 3]);
  });
});

describe("geometricMean()", () => {
  it("takes twice and half for nothing", () => {
    assertAlmostEquals(geometricMean([2, 0.5]), 1);
  });
});
