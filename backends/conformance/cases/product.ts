/**
 * Cases of the matrix product and of picking by index.
 *
 * @module
 */
import { type DType, isFloating, type Shape } from "@tenfold/core";
import type {
  GatherOp,
  LinearOp,
  MatmulOp,
  ScatterAddOp,
} from "@tenfold/core/backend";
import { ALL_LAYOUTS, type Layout } from "../layout.ts";
import { anything, common, type Draw, wholes, wrapping } from "../values.ts";
import { type Case, type CaseRow, EVERY, NUMBERS, operand } from "./case.ts";

const SIZES: readonly number[] = [1, 3, 7, 17, 33];

/** Shapes of two factors, and of the biases that fit their product. */
const FACTORS: readonly (readonly [Shape, Shape, readonly Shape[]])[] = [
  [[0, 3], [3, 2], []],
  [[2, 3], [3, 0], []],
  [[2, 0], [0, 3], [[3], [2, 1]]],
  [[2, 3, 5], [5, 7], [[7], [3, 1]]],
  [[2, 3, 5], [2, 5, 7], [[7], [2, 3, 7]]],
  [[1, 3, 5], [4, 5, 2], [[2], [4, 1, 1]]],
  [[2, 1, 3, 5], [4, 5, 2], [[2, 4, 3, 2], []]],
  [[3, 5], [4, 5, 2], []],
  [[2, 0, 3], [2, 3, 4], []],
  [[0, 2, 3], [3, 4], []],
  [[5, 1, 9], [9, 4], []],
  [[6, 1, 9], [6, 9, 1], []],
  [[1, 200], [200, 70], [[70]]],
  [[70, 200], [200, 1], []],
  [[65, 67], [67, 66], [[66], [65, 1]]],
  [[130, 20], [20, 140], []],
];

/** Pairs of layouts: each with each for small factors. */
function* pairs(): Iterable<readonly [Layout, Layout]> {
  for (const a of ALL_LAYOUTS) for (const b of ALL_LAYOUTS) yield [a, b];
}

/** The cases of `matmul`. */
export const matmulRow: CaseRow<MatmulOp> = {
  dtypes: NUMBERS,
  *cases(dtype) {
    const op = { name: "matmul" } as const;
    const draw: Draw = dtype === "int32" ? wrapping : common;
    const one = (
      shape: Shape,
      layout: Layout,
    ) => operand(shape, dtype, layout, draw);
    const layouts: readonly (readonly [Layout, Layout])[] = [
      ["dense", "dense"],
      ["transposed", "dense"],
      ["dense", "transposed"],
    ];
    let round = 0;
    for (const m of SIZES) {
      for (const k of SIZES) {
        for (const n of SIZES) {
          const [a, b] = layouts[round++ % layouts.length]!;
          yield { op, inputs: [one([m, k], a), one([k, n], b)] };
        }
      }
    }
    for (const [a, b] of pairs()) {
      for (const [m, k, n] of [[7, 9, 10], [1, 17, 33], [19, 5, 1]] as const) {
        yield { op, inputs: [one([m, k], a), one([k, n], b)] };
      }
      yield { op, inputs: [one([2, 3, 5], a), one([2, 5, 4], b)] };
    }
    for (const [a, b, biases] of FACTORS) {
      for (
        const [x, y, z] of [
          ["dense", "dense", "dense"],
          ["transposed", "negative", "offset"],
          ["offset", "transposed", "stepped"],
          ["stepped", "broadcast", "negative"],
        ] as const
      ) {
        yield { op, inputs: [one(a, x), one(b, y)] };
        for (const bias of biases) {
          yield { op, inputs: [one(a, x), one(b, y), one(bias, z)] };
        }
      }
    }
    if (dtype !== "int32") yield* nonFiniteProducts(dtype);
  },
};

/** NaN and infinities reach just the rows and columns that they are in. */
function* nonFiniteProducts(dtype: DType): Iterable<Case<MatmulOp>> {
  for (const value of [NaN, Infinity, -Infinity]) {
    const a = Array.from({ length: 5 * 6 }, (_, i) => i === 8 ? value : i % 5);
    const b = Array.from({ length: 6 * 9 }, (_, i) => i % 7);
    yield {
      op: { name: "matmul" },
      inputs: [
        operand([5, 6], dtype, "dense", a),
        operand([6, 9], dtype, "dense", b),
      ],
    };
  }
}

/** The cases of `linear`. */
export const linearRow: CaseRow<LinearOp> = {
  dtypes: NUMBERS,
  *cases(dtype) {
    const op = { name: "linear" } as const;
    const draw: Draw = dtype === "int32" ? wrapping : common;
    const inputs: readonly Shape[] = [
      [5],
      [1, 5],
      [7, 5],
      [33, 5],
      [2, 3, 5],
      [0, 5],
      [2, 0, 5],
      [3, 0],
      [0],
      [64, 50],
    ];
    for (const shape of inputs) {
      const k = shape[shape.length - 1]!;
      for (const n of [0, 1, 3, 17]) {
        for (let l = 0; l < ALL_LAYOUTS.length; l++) {
          const x = operand(shape, dtype, rotated(l), draw);
          const w = operand([n, k], dtype, rotated(l + 3), draw);
          const bias = operand([n], dtype, rotated(l + 5), draw);
          yield { op, inputs: l % 2 === 0 ? [x, w, bias] : [x, w] };
        }
      }
    }
  },
};

/** Shape of x, dim, shape of the index. */
const PICKS: readonly (readonly [Shape, number, Shape])[] = [
  [[], 0, []],
  [[1], 0, [3]],
  [[7], 0, [0]],
  [[7], 0, [17]],
  [[33], 0, [33]],
  [[3, 7], 0, [5, 7]],
  [[3, 7], 1, [3, 9]],
  [[3, 7], 1, [2, 3]],
  [[17, 3], 0, [33, 2]],
  [[1, 5], 0, [4, 5]],
  [[2, 3, 5], 0, [4, 3, 5]],
  [[2, 3, 5], 1, [2, 7, 5]],
  [[2, 3, 5], 2, [1, 3, 9]],
  [[3, 0, 2], 0, [3, 0, 2]],
  [[2, 1, 3, 2], 2, [2, 1, 5, 2]],
  [[300, 3], 0, [900, 3]],
  [[40, 50], 1, [40, 60]],
];

const boundOf = (shape: Shape, dim: number): number =>
  Math.max(0, (shape[dim] ?? 1) - 1);

const rotated = (l: number): Layout => ALL_LAYOUTS[l % ALL_LAYOUTS.length]!;

/** The cases of `gather`. */
export const gatherRow: CaseRow<GatherOp> = {
  dtypes: EVERY,
  *cases(dtype) {
    for (const [shape, dim, index] of PICKS) {
      for (let l = 0; l < ALL_LAYOUTS.length; l++) {
        for (const round of [0, 3]) {
          yield {
            op: { name: "gather", dim },
            inputs: [
              operand(shape, dtype, rotated(l), anything),
              operand(
                index,
                "int32",
                round === 0 ? "dense" : rotated(l + round),
                wholes(0, boundOf(shape, dim)),
              ),
            ],
          };
        }
      }
    }
  },
};

/** The cases of `scatterAdd`. */
export const scatterAddRow: CaseRow<ScatterAddOp> = {
  dtypes: NUMBERS,
  *cases(dtype) {
    const draw: Draw = dtype === "int32" ? wrapping : common;
    for (const [shape, dim, index] of PICKS) {
      for (let l = 0; l < ALL_LAYOUTS.length; l++) {
        for (const round of [0, 3]) {
          const layoutOf = (i: number) =>
            round === 0 ? "dense" : rotated(l + round + i);
          yield {
            op: { name: "scatterAdd", dim },
            inputs: [
              operand(shape, dtype, rotated(l), draw),
              operand(
                index,
                "int32",
                layoutOf(1),
                wholes(0, boundOf(shape, dim)),
              ),
              // The source may be larger than the index.
              operand(
                index.map((n) => l % 2 === 0 ? n : n + 1),
                dtype,
                layoutOf(2),
                draw,
              ),
            ],
          };
        }
      }
    }
    for (const other of EVERY) {
      // Floats are not added into integers.
      if (isFloating(other) && !isFloating(dtype)) continue;
      yield {
        op: { name: "scatterAdd", dim: 0 },
        inputs: [
          operand([4, 3], dtype),
          operand([6, 3], "int32", "dense", wholes(0, 3)),
          operand([6, 3], other),
        ],
      };
    }
  },
};
