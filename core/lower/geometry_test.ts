import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { Access } from "../kernel.ts";
import { positions } from "../../backends/conformance/reference.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { View } from "../view.ts";
import {
  ACCESSES,
  classify,
  collapse,
  geometry,
  keyOf,
  stridesAlong,
} from "./geometry.ts";

/** The addresses that strides visit along a loop, in its order. */
function walk(shape: Shape, strides: readonly number[]): number[] {
  return positions(shape).map((position) =>
    position.reduce((at, p, d) => at + p * strides[d]!, 0)
  );
}

/** Whether the promise of an access holds for strides along a loop. */
const PROMISES: {
  readonly [A in Access]: (shape: Shape, strides: readonly number[]) => boolean;
} = {
  dense: (shape, strides) => walk(shape, strides).every((at, i) => at === i),
  uniform: (shape, strides) => walk(shape, strides).every((at) => at === 0),
  row: (_, strides) => strides.at(-1) === 1,
  splat: (_, strides) => strides.at(-1) === 0,
  strided: () => true,
};

const extents = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 5 });

/** A loop, and strides along it that often walk several dims as one. */
const loops = extents.chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.array(
      fc.oneof(
        fc.constant(View.dense(shape).strides),
        fc.constant(shape.map(() => 0)),
        fc.constant(View.dense(shape).strides.map((s) => -2 * s)),
        fc.array(fc.integer({ min: -3, max: 12 }), {
          minLength: shape.length,
          maxLength: shape.length,
        }),
        fc.array(fc.boolean(), {
          minLength: shape.length,
          maxLength: shape.length,
        }).map((keep) => {
          const own = shape.map((n, d) => keep[d] ? n : 1);
          return View.dense(own).strides.map((s, d) => keep[d] ? s : 0);
        }),
      ),
      { maxLength: 4 },
    ),
  )
);

/** Views that broadcast to a shape: dims dropped, made 1, transposed, offset. */
const viewsOf = (shape: readonly number[]): fc.Arbitrary<View> =>
  fc.record({
    drop: fc.nat(shape.length),
    ones: fc.array(fc.boolean(), {
      minLength: shape.length,
      maxLength: shape.length,
    }),
    dense: fc.boolean(),
    order: fc.shuffledSubarray(shape.map((_, d) => d), {
      minLength: shape.length,
      maxLength: shape.length,
    }),
    step: fc.constantFrom(1, 1, 2, -1),
    offset: fc.nat(3),
  }).map(({ drop, ones, dense, order, step, offset }) => {
    const own = shape.map((n, d) => ones[d] && !dense ? 1 : n).slice(
      dense ? 0 : drop,
    );
    const memory = order.filter((d) => d < own.length);
    if (dense) return View.dense(own).at(offset);
    const laid = View.dense(memory.map((d) => own[d]!))
      .permute(own.map((_, d) => memory.indexOf(d)));
    return new View(own, laid.strides.map((s) => s * step), offset + 100);
  });

describe("collapse", () => {
  it("visits the same elements of every operand in the same order", () => {
    fc.assert(
      fc.property(loops, ([shape, strides]) => {
        const loop = collapse(shape, strides);
        assertEquals(sizeOf(loop.shape), sizeOf(shape));
        for (const [i, own] of strides.entries()) {
          assertEquals(
            walk(loop.shape, loop.strides[i]!),
            walk(shape, own),
          );
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it("leaves no extent of 1 and no two dims that could be one", () => {
    fc.assert(
      fc.property(loops, ([shape, strides]) => {
        const loop = collapse(shape, strides);
        if (loop.shape.length === 1) return;
        assert(loop.shape.every((extent) => extent > 1));
        for (let d = 1; d < loop.shape.length; d++) {
          assert(
            loop.strides.some((s) => s[d - 1] !== s[d]! * loop.shape[d]!),
          );
        }
      }),
      { numRuns: 1000, seed: 2 },
    );
  });

  it("changes neither argument", () => {
    const shape = Object.freeze([2, 1, 3]);
    const strides = Object.freeze([Object.freeze([3, 3, 1])]);
    assertEquals(collapse(shape, strides), { shape: [6], strides: [[1]] });
  });
});

describe("classify", () => {
  it("promises only what holds", () => {
    fc.assert(
      fc.property(loops, ([shape, all]) => {
        const loop = collapse(shape, all);
        for (const strides of loop.strides) {
          const access = ACCESSES[classify(loop.shape, strides)]!;
          assert(PROMISES[access](loop.shape, strides), access);
        }
      }),
      { numRuns: 2000, seed: 3 },
    );
  });

  it("finds every dense and every uniform operand", () => {
    assertEquals(ACCESSES[classify([2, 3], [3, 1])], "dense");
    assertEquals(ACCESSES[classify([2, 3], [0, 0])], "uniform");
    assertEquals(ACCESSES[classify([2, 3], [0, 1])], "row");
    assertEquals(ACCESSES[classify([2, 3], [1, 0])], "splat");
    assertEquals(ACCESSES[classify([2, 3], [1, 2])], "strided");
    assertEquals(ACCESSES[classify([2, 3], [-3, -1])], "strided");
    assertEquals(ACCESSES[classify([1], [0])], "dense");
  });
});

describe("geometry", () => {
  const cases = extents.chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.array(viewsOf(shape), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
    )
  );

  it("visits what broadcasting means, and promises what holds", () => {
    fc.assert(
      fc.property(cases, ([shape, views, collapses]) => {
        const loop = geometry(shape, sizeOf(shape), views, collapses);
        for (const [i, view] of views.entries()) {
          assertEquals(
            walk(loop.shape, loop.strides[i]!),
            walk(shape, stridesAlong(view, shape)),
          );
          const access = ACCESSES[loop.accesses[i]!]!;
          assert(PROMISES[access](loop.shape, loop.strides[i]!), access);
        }
        assertEquals(loop.key, keyOf(loop.shape.length, loop.accesses));
      }),
      { numRuns: 2000, seed: 4 },
    );
  });

  it("keeps the dims where positions along them are used", () => {
    fc.assert(
      fc.property(cases, ([shape, views]) => {
        const loop = geometry(shape, sizeOf(shape), views, false);
        assertEquals(loop.shape, shape.length === 0 ? [1] : shape);
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});

describe("stridesAlong", () => {
  it("stands still along dims that broadcast", () => {
    const view = View.dense([3, 1]);
    assertEquals(stridesAlong(view, [2, 3, 4]), [0, 1, 0]);
    assertEquals(stridesAlong(View.dense([]), [2, 3]), [0, 0]);
  });
});
