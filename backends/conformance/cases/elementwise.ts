/**
 * Cases of the elementwise primitives: every layout, broadcasting, numbers
 * among the operands, mixed dtypes, and the edges of each dtype.
 *
 * @module
 */
import { type DType, isFloating, type Shape } from "@tenfold/core";
import {
  ELEMENTWISE,
  type ElementwiseName,
  type ElementwiseOp,
} from "@tenfold/core/backend";
import { ALL_LAYOUTS } from "../layout.ts";
import { ELEMENTWISE_SPECS } from "../ops/elementwise.ts";
import type { Random } from "../random.ts";
import { EDGES } from "../values.ts";
import {
  BLOCKS,
  type Case,
  type CaseRow,
  EVERY,
  operand,
  VECTORS,
} from "./case.ts";

/** Shapes that broadcast, as many as the widest primitive has operands. */
const BROADCASTS: readonly (readonly Shape[])[] = [
  [[3, 1], [1, 7], [7], []],
  [[7], [3, 7], [3, 1], [1]],
  [[], [17], [1], [17]],
  [[2, 3, 5], [3, 1], [1, 1, 5], [2, 1, 1]],
  [[1], [33], [33], []],
  [[0], [1], [], [0]],
  [[2], [3, 0, 2], [3, 1, 1], [1, 2]],
];

/** Numbers as operands: each dtype must take all of them. */
const OPERANDS: readonly number[] = [2, -3, 0.5, 0, 2.75];

function* layoutCases(
  name: ElementwiseName,
  dtype: DType,
): Iterable<Case<ElementwiseOp>> {
  const domains = ELEMENTWISE_SPECS[name].domains;
  const layoutsOf = (first: number) =>
    domains.map((_, p) => ALL_LAYOUTS[(first + 3 * p) % ALL_LAYOUTS.length]!);
  for (const shape of [...VECTORS, ...BLOCKS]) {
    for (let l = 0; l < ALL_LAYOUTS.length; l++) {
      const layouts = layoutsOf(l);
      yield {
        op: { name },
        inputs: domains.map(({ draw }, p) =>
          operand(shape, dtype, layouts[p], draw)
        ),
      };
    }
  }
  if (domains.length === 1) return;
  // One operand in each layout while the others are dense.
  for (const layout of ALL_LAYOUTS) {
    for (let own = 0; own < domains.length; own++) {
      yield {
        op: { name },
        inputs: domains.map(({ draw }, p) =>
          operand([5, 9], dtype, p === own ? layout : "dense", draw)
        ),
      };
    }
  }
  for (const shapes of BROADCASTS) {
    for (const layouts of [domains.map(() => "dense" as const), layoutsOf(2)]) {
      for (let round = 0; round < domains.length; round++) {
        yield {
          op: { name },
          inputs: domains.map(({ draw }, p) =>
            operand(
              shapes[(p + round) % domains.length]!,
              dtype,
              layouts[p],
              draw,
            )
          ),
        };
      }
    }
  }
}

function* mixedCases(
  name: ElementwiseName,
  dtype: DType,
): Iterable<Case<ElementwiseOp>> {
  const domains = ELEMENTWISE_SPECS[name].domains;
  for (let p = 0; p < domains.length; p++) {
    // Numbers in the place of one operand, and of all others.
    for (const value of OPERANDS) {
      for (const one of [true, false]) {
        const operands = domains.map((_, q) =>
          (q === p) === one ? value : null
        );
        if (!operands.includes(null)) continue;
        yield {
          op: { name, operands },
          inputs: domains.filter((_, q) => operands[q] === null)
            .map(({ draw }) => operand([3, 5], dtype, "dense", draw)),
        };
      }
    }
    for (const other of EVERY) {
      if (other === dtype || domains.length === 1) continue;
      yield {
        op: { name },
        inputs: domains.map(({ draw }, q) =>
          operand([4, 5], q === p ? other : dtype, "dense", draw)
        ),
      };
    }
  }
}

/** All pairs of edges; of three and more a sample. */
function* edgeCases(
  name: ElementwiseName,
  dtype: DType,
  random: Random,
): Iterable<Case<ElementwiseOp>> {
  const lists = ELEMENTWISE_SPECS[name].domains.map(({ edges }) =>
    edges ?? EDGES[dtype]
  );
  const [first, second] = lists;
  const rows: number[][] = lists.length === 1
    ? first!.map((x) => [x])
    : lists.length === 2
    ? first!.flatMap((x) => second!.map((y) => [x, y]))
    : Array.from({ length: 600 }, () => lists.map((list) => random.pick(list)));
  yield {
    op: { name },
    inputs: lists.map((_, p) =>
      operand([rows.length], dtype, "dense", rows.map((row) => row[p]!))
    ),
  };
}

/** The cases of an elementwise primitive. */
export function elementwiseRow(
  name: ElementwiseName,
): CaseRow<ElementwiseOp> {
  return {
    dtypes: EVERY,
    *cases(dtype, random) {
      yield* layoutCases(name, dtype);
      yield* mixedCases(name, dtype);
      yield* edgeCases(name, dtype, random);
      // One long loop, past the bodies that are unrolled.
      if (isFloating(dtype)) {
        yield {
          op: { name },
          inputs: ELEMENTWISE_SPECS[name].domains.map(({ draw }) =>
            operand([1031], dtype, "dense", draw)
          ),
        };
      }
    },
  };
}

/** True where an elementwise primitive refuses operands that are all bool. */
export function refusesBools(name: ElementwiseName): boolean {
  return ELEMENTWISE[name].bools === "refuse";
}
