import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { movedView } from "./ops/movement.ts";
import type { MovementOp } from "./op.ts";
import {
  flatIndex,
  type Plain,
  positions,
  reference,
} from "../backends/conformance/reference.ts";
import { type Shape, sizeOf } from "./shape.ts";
import { denseStrides, overlapsItself, View } from "./view.ts";

/** The addresses that a view shows, in C order. */
function addresses(view: View): number[] {
  return positions(view.shape).map((position) =>
    position.reduce((at, p, d) => at + p * view.strides[d]!, view.offset)
  );
}

/** A view as a plain array of the addresses that it shows. */
function shown(view: View): Plain {
  return { shape: view.shape, dtype: "float64", data: addresses(view) };
}

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const solid = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });

/** Ways to write a size as a shape: its prime factors, grouped, and ones. */
function shapesOfSize(size: number): fc.Arbitrary<number[]> {
  if (size === 0) return fc.constantFrom([0], [2, 0], [0, 3], [1, 0, 1]);
  const primes: number[] = [];
  for (let n = size, p = 2; n > 1;) {
    if (n % p === 0) {
      primes.push(p);
      n /= p;
    } else p++;
  }
  return fc.tuple(
    fc.shuffledSubarray(primes, {
      minLength: primes.length,
      maxLength: primes.length,
    }),
    fc.array(fc.boolean(), {
      minLength: primes.length,
      maxLength: primes.length,
    }),
    fc.array(fc.nat(4), { maxLength: 2 }),
  ).map(([factors, joins, ones]) => {
    const shape: number[] = [];
    factors.forEach((factor, i) => {
      if (joins[i] && shape.length > 0) shape[shape.length - 1]! *= factor;
      else shape.push(factor);
    });
    for (const at of ones) shape.splice(Math.min(at, shape.length), 0, 1);
    return shape;
  });
}

/** A movement that fits a shape. */
function movementsOf(shape: Shape): fc.Arbitrary<MovementOp> {
  const rank = shape.length;
  const dims = shape.map((_, d) => d);
  const choices: fc.Arbitrary<MovementOp>[] = [
    fc.shuffledSubarray(dims, { minLength: rank, maxLength: rank })
      .map((dims) => ({ name: "permute", dims })),
    fc.tuple(
      fc.nat(2),
      fc.array(fc.integer({ min: 1, max: 3 }), {
        maxLength: 1,
      }),
    ).map(([grow, lead]) => ({
      name: "expand",
      shape: [...lead, ...shape.map((n) => n === 1 ? 1 + grow : n)],
    })),
    shapesOfSize(sizeOf(shape)).map((shape) => ({ name: "reshape", shape })),
  ];
  if (rank > 0) {
    choices.push(
      fc.record({
        dim: fc.nat(rank - 1),
        start: fc.nat(3),
        length: fc.nat(4),
        step: fc.constantFrom(-2, -1, 1, 2, 3),
      }).map(({ dim, start, length, step }) => {
        const extent = shape[dim]!;
        if (extent === 0) {
          return { name: "slice", dim, start: 0, length: 0, step };
        }
        const first = start % extent;
        const room = step > 0
          ? Math.floor((extent - 1 - first) / step) + 1
          : Math.floor(first / -step) + 1;
        return {
          name: "slice",
          dim,
          start: first,
          length: Math.min(length, room),
          step,
        };
      }),
      fc.record({
        dim: fc.nat(rank - 1),
        size: fc.integer({ min: 1, max: 3 }),
        step: fc.integer({ min: 1, max: 3 }),
      }).map(({ dim, size, step }) => ({
        name: "unfold",
        dim,
        size: Math.min(size, shape[dim]!),
        step,
      })),
    );
  }
  if (rank > 1) {
    choices.push(
      fc.record({
        dims: fc.shuffledSubarray(dims, { minLength: 2, maxLength: 2 }),
        shift: fc.integer({ min: -5, max: 5 }),
      }).map(({ dims, shift }) => ({
        name: "diagonal",
        shift,
        dim1: dims[0]!,
        dim2: dims[1]!,
      })),
    );
  }
  return fc.oneof(...choices);
}

/** Views that several movements have made, reshapes that need no copy too. */
const views: fc.Arbitrary<View> = shapes.chain((shape) => {
  const grow = (
    view: fc.Arbitrary<View>,
    steps: number,
  ): fc.Arbitrary<View> =>
    steps === 0 ? view : grow(
      view.chain((view) =>
        movementsOf(view.shape).map((op) => {
          const moved = movedView(op, view) ?? view;
          return moved.size <= 256 ? moved : view;
        })
      ),
      steps - 1,
    );
  return fc.tuple(fc.nat(5), fc.nat(3)).chain(([offset, steps]) =>
    grow(fc.constant(View.dense(shape).at(offset)), steps)
  );
});

const RUNS = 2000;

describe("a view", () => {
  it("shows what the movement means, whatever moved before", () => {
    fc.assert(
      fc.property(
        views.chain((view) =>
          fc.tuple(fc.constant(view), movementsOf(view.shape))
        ),
        ([view, op]) => {
          const moved = movedView(op, view);
          if (moved === null) return;
          const [expected] = reference(op, [shown(view)]);
          assertEquals(shown(moved), expected);
        },
      ),
      { numRuns: RUNS, seed: 1 },
    );
  });

  it("reshapes exactly where strides can say it", () => {
    fc.assert(
      fc.property(
        views.chain((view) =>
          fc.tuple(fc.constant(view), shapesOfSize(view.size))
        ),
        ([view, shape]) => {
          assertEquals(view.reshape(shape) !== null, stridable(view, shape));
        },
      ),
      { numRuns: RUNS, seed: 2 },
    );
  });

  it("is dense where its elements follow each other, and only there", () => {
    fc.assert(
      fc.property(views, (view) => {
        const follows = addresses(view)
          .every((at, i) => at === view.offset + i);
        assertEquals(view.dense, follows);
        assertEquals(view.size, sizeOf(view.shape));
      }),
      { numRuns: RUNS, seed: 3 },
    );
  });

  it("has C order strides when it is made dense", () => {
    fc.assert(
      fc.property(solid, (shape) => {
        const strides = denseStrides(shape);
        for (const position of positions(shape)) {
          const at = position.reduce((sum, p, d) => sum + p * strides[d]!, 0);
          assertEquals(at, flatIndex(shape, position));
        }
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  it("overlaps itself where an element shows in two places", () => {
    let overlapping = 0;
    fc.assert(
      fc.property(views, (view) => {
        const list = addresses(view);
        const repeats = new Set(list).size < list.length;
        if (repeats) overlapping++;
        assertEquals(overlapsItself(view), repeats);
      }),
      { numRuns: RUNS, seed: 5 },
    );
    assert(overlapping > 100, `${overlapping}`);
    // Steps that interleave, with and without meeting.
    assert(!overlapsItself(new View([3, 2], [2, 3], 0)));
    assert(overlapsItself(new View([4, 2], [2, 6], 0)));
    assert(!overlapsItself(new View([3, 2], [2, -3], 3)));
  });

  it("keeps its layout when it begins elsewhere", () => {
    const view = View.dense([2, 3]).permute([1, 0]).at(7);
    assertEquals(addresses(view), [7, 10, 8, 11, 9, 12]);
    assert(!view.dense);
  });
});

/** Brute force: reads strides off the addresses and tries them. */
function stridable(view: View, shape: Shape): boolean {
  const list = addresses(view);
  if (list.length === 0) return true;
  const strides = shape.map((extent, d) => {
    if (extent === 1) return 0;
    const unit = shape.map((_, i) => i === d ? 1 : 0);
    return list[flatIndex(shape, unit)]! - list[0]!;
  });
  return addresses(new View(shape, strides, view.offset))
    .every((at, i) => at === list[i]);
}
