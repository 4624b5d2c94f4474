/**
 * Sorting along a dim.
 *
 * @module
 */
import type { SortOp } from "@tenfold/core/backend";
import { anything, common, EDGES, ties, wholes } from "../values.ts";
import { along } from "./along.ts";
import { exact } from "./allow.ts";
import { distinct, EVERY, lines, operand } from "./cases.ts";
import type { SpecFamily } from "./spec.ts";
import { loopOf, type Trials } from "./trial.ts";

/** The order of a stable ascending sort: by value, NaN last. */
function order(line: readonly number[], descending: boolean): number[] {
  const compare = (a: number, b: number): number => {
    if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
    return Number.isNaN(b) ? -1 : a < b ? -1 : a > b ? 1 : 0;
  };
  // Array sort is stable.
  return line.map((_, i) => i).sort((i, j) =>
    descending ? compare(line[j]!, line[i]!) : compare(line[i]!, line[j]!)
  );
}

/** The specs of what orders elements. */
export const SORT_SPECS: SpecFamily<SortOp> = {
  sort: {
    /** Values, and where each of them was. */
    meaning(op, [x]) {
      const orderOf = (line: readonly number[]) => order(line, op.descending);
      return [
        along(
          x!,
          op.dim,
          x!.dtype,
          (line) => orderOf(line).map((i) => line[i]!),
        ),
        along(x!, op.dim, "int32", orderOf),
      ];
    },
    dtypes: EVERY,
    *cases(dtype) {
      for (const { shape, dim, layout } of lines()) {
        for (const descending of [false, true]) {
          for (const draw of dtype === "float32" ? [ties, common] : [ties]) {
            yield {
              op: { name: "sort", dim, descending },
              inputs: [operand(shape, dtype, layout, draw)],
            };
          }
        }
      }
      for (const descending of [false, true]) {
        const edges = EDGES[dtype];
        yield {
          op: { name: "sort", dim: 0, descending },
          inputs: [operand([edges.length], dtype, "dense", edges)],
        };
        if (dtype === "int32") {
          yield {
            op: { name: "sort", dim: 0, descending },
            inputs: [
              operand([700], dtype, "dense", wholes(-(2 ** 31), 2 ** 31 - 1)),
            ],
          };
        }
        yield {
          op: { name: "sort", dim: 0, descending },
          inputs: [operand([300], dtype, "dense", anything)],
        };
      }
    },
    tolerance: exact,
    *smooth(dtype) {
      for (const descending of [false, true]) {
        yield {
          op: { name: "sort", dim: 1, descending },
          inputs: [operand([2, 5], dtype, "dense", distinct(10))],
        };
        yield {
          op: { name: "sort", dim: 0, descending },
          inputs: [operand([5, 2], dtype, "dense", distinct(10))],
        };
      }
    },
  },
};

/** The trials of their routines. */
export const SORT_TRIALS: { readonly sort: Trials } = {
  sort: {
    dtypes: EVERY,
    trial(maker, dtype) {
      const shape = loopOf(maker.random);
      const descending = maker.random.chance(0.5);
      const x = maker.input(shape, dtype, ties);
      return {
        name: "sort",
        shape,
        outputs: [
          maker.output(shape, dtype, true),
          maker.output(shape, "int32", true),
        ],
        inputs: [x],
        scalars: [descending ? 1 : 0],
        op: { name: "sort", dim: shape.length - 1, descending },
        plains: [maker.plain(x, dtype)],
      };
    },
  },
};
