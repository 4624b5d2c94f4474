import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { IndexError, ShapeError } from "./errors.ts";
import {
  broadcastShapes,
  checkShape,
  inferShape,
  normalizeDim,
  normalizeDims,
  sameShape,
  sizeOf,
} from "./shape.ts";

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

/** The extent at `i` places from the end, 1 where there is none. */
const fromEnd = (shape: readonly number[], i: number) =>
  shape[shape.length - i] ?? 1;

describe("broadcastShapes", () => {
  it("takes the extent that is not 1, or refuses", () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        const rank = Math.max(a.length, b.length);
        const places = Array.from({ length: rank }, (_, i) => i + 1);
        const fits = places.every((i) => {
          const [x, y] = [fromEnd(a, i), fromEnd(b, i)];
          return x === y || x === 1 || y === 1;
        });
        if (!fits) {
          assertThrows(() => broadcastShapes(a, b, "add"), ShapeError);
          return;
        }
        const out = broadcastShapes(a, b, "add");
        assertEquals(out.length, rank);
        for (const i of places) {
          const [x, y] = [fromEnd(a, i), fromEnd(b, i)];
          assertEquals(fromEnd(out, i), x === 1 ? y : x);
        }
        assertEquals(broadcastShapes(b, a, "add"), out);
        assertEquals(broadcastShapes(out, a, "add"), out);
      }),
      { numRuns: 1000, seed: 1 },
    );
  });

  it("names both shapes and the dim where they differ", () => {
    assertThrows(
      () => broadcastShapes([2, 3], [4, 3], "add"),
      ShapeError,
      "Cannot add as the shapes do not broadcast: got [2, 3] and [4, 3], which differ at dim 0",
    );
  });
});

describe("sizeOf and sameShape", () => {
  it("multiplies extents; a 0-d shape has one element", () => {
    assertEquals(sizeOf([]), 1);
    assertEquals(sizeOf([2, 3, 4]), 24);
    assertEquals(sizeOf([2, 0, 4]), 0);
  });

  it("compares extent by extent", () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        assertEquals(sameShape(a, b), a.join() === b.join());
        assert(sameShape(a, a.slice()));
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});

describe("checkShape", () => {
  it("returns a copy", () => {
    const shape = [2, 3];
    const checked = checkShape(shape, "fill");
    assertEquals(checked, shape);
    assert(checked !== shape);
  });

  it("refuses what is not a list of non-negative integers", () => {
    for (const wrong of [[-1], [1.5], [NaN], [Infinity], ["2"], [2 ** 53]]) {
      assertThrows(() => checkShape(wrong, "fill"), ShapeError, "Cannot fill");
    }
    for (const wrong of [3, "2,3", null, undefined, { length: 2 }]) {
      assertThrows(
        () => checkShape(wrong, "fill"),
        ShapeError,
        "must be an array of integers",
      );
    }
  });

  it("refuses more than 2^53 - 1 elements, unless there are none", () => {
    assertThrows(
      () => checkShape([2 ** 27, 2 ** 27], "fill"),
      RangeError,
      "more than 2^53 - 1 elements",
    );
    assertEquals(checkShape([2 ** 52, 2 ** 52, 0], "fill").length, 3);
    assertEquals(checkShape([2 ** 26, 2 ** 26], "fill").length, 2);
  });
});

describe("normalizeDim", () => {
  it("counts from the end below zero", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: -8, max: 8 }),
        (rank, dim) => {
          if (dim >= -rank && dim < rank) {
            assertEquals(
              normalizeDim(dim, rank, "sum"),
              (dim + rank) % rank,
            );
          } else {
            assertThrows(() => normalizeDim(dim, rank, "sum"), IndexError);
          }
        },
      ),
      { numRuns: 300, seed: 3 },
    );
  });

  it("takes 0 and -1 of a 0-d tensor", () => {
    assertEquals(normalizeDim(0, 0, "sum"), 0);
    assertEquals(normalizeDim(-1, 0, "sum"), 0);
    assertThrows(() => normalizeDim(1, 0, "sum"), IndexError);
  });

  it("says which dims there are", () => {
    assertThrows(
      () => normalizeDim(2, 2, "sum"),
      IndexError,
      "Cannot sum as the dim is out of range: got 2 for 2 dims, expected -2 to 1",
    );
    assertThrows(() => normalizeDim(0.5, 2, "sum"), IndexError);
  });
});

describe("normalizeDims", () => {
  it("means all dims when none are named", () => {
    assertEquals(normalizeDims(undefined, 3, "sum"), [0, 1, 2]);
    assertEquals(normalizeDims(undefined, 0, "sum"), []);
  });

  it("sorts, and reads one number as a list", () => {
    assertEquals(normalizeDims([-1, 0], 3, "sum"), [0, 2]);
    assertEquals(normalizeDims(1, 3, "sum"), [1]);
    assertEquals(normalizeDims(0, 0, "sum"), []);
    assertEquals(normalizeDims([], 3, "sum"), []);
  });

  it("refuses a dim that appears twice", () => {
    assertThrows(
      () => normalizeDims([1, -1], 2, "sum"),
      IndexError,
      "a dim appears twice",
    );
  });
});

describe("inferShape", () => {
  it("finds the extent that is left out", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.nat(3),
        (shape, at) => {
          const size = sizeOf(shape);
          const open = shape.slice();
          open[at % shape.length] = -1;
          assertEquals(inferShape(open, size, [size]), shape);
          assertEquals(inferShape(shape, size, [size]), shape);
        },
      ),
      { numRuns: 300, seed: 4 },
    );
  });

  it("refuses sizes that differ and what cannot be found", () => {
    for (const shape of [[-1, -1], [4, -1], [0, -1]]) {
      assertThrows(
        () => inferShape(shape, 6, [2, 3]),
        ShapeError,
        "Cannot reshape [2, 3] (6 elements)",
      );
    }
    assertThrows(
      () => inferShape([7], 6, [2, 3]),
      ShapeError,
      "Cannot reshape [2, 3] (6 elements) to [7] (7 elements) as the sizes differ",
    );
    assertThrows(() => inferShape([-2, -3], 6, [6]), ShapeError);
    assertEquals(inferShape([0, 3], 0, [0]), [0, 3]);
    assertEquals(inferShape([-1, 3], 0, [0]), [0, 3]);
    assertEquals(inferShape([], 1, [1]), []);
  });
});
