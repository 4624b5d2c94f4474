/**
 * Cases of the movements, copies and everything that only places elements.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import type {
  CastOp,
  CatOp,
  CopyOp,
  EmbedOp,
  EmbedSumOp,
  MovementOp,
  OpOf,
  TriangleOp,
} from "@tenfold/core/backend";
import { ALL_LAYOUTS, type Layout } from "../layout.ts";
import { anything, common, EDGES } from "../values.ts";
import {
  BLOCKS,
  type Case,
  type CaseRow,
  EVERY,
  operand,
  ordersOfDims,
  VECTORS,
} from "./case.ts";

/** One op on one operand in every layout. */
function* everyLayout<O extends MovementOp | CopyOp | CastOp | TriangleOp>(
  op: O,
  shape: Shape,
  dtype: DType,
): Iterable<Case<O>> {
  for (const layout of ALL_LAYOUTS) {
    yield { op, inputs: [operand(shape, dtype, layout, anything)] };
  }
}

/** The cases of `copy`. */
export const copyRow: CaseRow<CopyOp> = {
  dtypes: EVERY,
  *cases(dtype) {
    for (const shape of [...VECTORS, ...BLOCKS, [130, 70]]) {
      yield* everyLayout({ name: "copy" }, shape, dtype);
    }
    const edges = EDGES[dtype];
    yield {
      op: { name: "copy" },
      inputs: [operand([edges.length], dtype, "dense", edges)],
    };
  },
};

/** The cases of `cast`, to each dtype. */
export const castRow: CaseRow<CastOp> = {
  dtypes: EVERY,
  *cases(dtype) {
    for (const to of EVERY) {
      const op = { name: "cast", dtype: to } as const;
      for (const shape of [[], [7], [33], [0], [3, 7], [2, 3, 5]]) {
        yield* everyLayout(op, shape, dtype);
      }
      // Halves and whole numbers around the edge of int32, out of range too.
      const edges = [
        ...EDGES[dtype],
        ...EDGES.int32,
        ...EDGES.float32,
        ...[0.999, -0.999, 1.999, 2147483520, 2147483904, -2147483904],
      ];
      yield {
        op,
        inputs: [operand([edges.length], dtype, "dense", edges)],
      };
    }
  },
};

const SHAPES: readonly Shape[] = [...VECTORS, ...BLOCKS];

/** The parameters of each movement for a shape. */
const MOVEMENTS: {
  readonly [N in MovementOp["name"]]: (
    shape: Shape,
  ) => readonly Omit<OpOf<N>, "name">[];
} = {
  reshape: (shape) => {
    const size = shape.reduce((n, d) => n * d, 1);
    return [
      { shape: [size] },
      { shape: [1, ...shape, 1] },
      { shape: shape.slice().reverse() },
      ...(size % 2 === 0 ? [{ shape: [2, size / 2] }] : []),
      ...(size % 3 === 0 ? [{ shape: [size / 3, 1, 3] }] : []),
    ];
  },
  permute: (shape) => ordersOfDims(shape.length).map((dims) => ({ dims })),
  expand: (shape) => [
    { shape: [3, ...shape] },
    { shape: [2, 1, ...shape] },
    { shape: shape.map((n) => n === 1 ? 5 : n) },
  ],
  slice: (shape) =>
    shape.flatMap((extent, dim) =>
      [
        { start: 0, length: extent, step: 1 },
        { start: 0, length: 0, step: 1 },
        { start: extent - 1, length: extent, step: -1 },
        { start: Math.min(1, extent - 1), length: extent >> 1, step: 1 },
        { start: 0, length: (extent + 1) >> 1, step: 2 },
        { start: extent - 1, length: Math.ceil(extent / 3), step: -3 },
      ]
        .filter(({ length }) => extent > 0 || length === 0)
        .map((part) => ({ dim, ...part, start: Math.max(0, part.start) }))
    ),
  unfold: (shape) =>
    shape.flatMap((extent, dim) =>
      [[1, 1], [2, 1], [2, 2], [3, 2], [2, 3], [extent, 1]]
        .filter(([size]) => size! >= 1 && size! <= extent)
        .map(([size, step]) => ({ dim, size: size!, step: step! }))
    ),
  diagonal: (shape) => {
    const dims = shape.map((_, d) => d);
    return dims.flatMap((dim1) =>
      dims.filter((d) => d !== dim1).flatMap((dim2) =>
        [0, 1, -2, 9].map((shift) => ({ shift, dim1, dim2 }))
      )
    );
  },
};

/** The cases of a movement. */
export function movementRow<N extends MovementOp["name"]>(
  name: N,
): CaseRow<OpOf<N>> {
  const parametersOf = MOVEMENTS[name] as (
    shape: Shape,
  ) => readonly Omit<OpOf<N>, "name">[];
  return {
    dtypes: EVERY,
    *cases(dtype) {
      for (const shape of SHAPES) {
        for (const parameters of parametersOf(shape)) {
          const op = { name, ...parameters } as OpOf<N> & MovementOp;
          yield* everyLayout(op, shape, dtype) as Iterable<Case<OpOf<N>>>;
        }
      }
    },
  };
}

/** Outputs with windows in them, and the shape that fits the windows. */
const WINDOWS: readonly (readonly [Shape, Shape, readonly MovementOp[]])[] = [
  [[], [], []],
  [[7], [7], []],
  [[3], [9], [{ name: "slice", dim: 0, start: 2, length: 3, step: 1 }]],
  [[3], [9], [{ name: "slice", dim: 0, start: 8, length: 3, step: -3 }]],
  [[0], [4], [{ name: "slice", dim: 0, start: 0, length: 0, step: 1 }]],
  [[3, 5], [7, 9], [
    { name: "slice", dim: 0, start: 2, length: 3, step: 2 },
    { name: "slice", dim: 1, start: 4, length: 5, step: 1 },
  ]],
  [[5, 3], [3, 5], [{ name: "permute", dims: [1, 0] }]],
  [[3], [3, 5], [{ name: "diagonal", shift: 1, dim1: 0, dim2: 1 }]],
  [[2, 4], [2, 4, 6], [{ name: "diagonal", shift: 0, dim1: 2, dim2: 1 }]],
  [[3, 1, 2], [4, 3, 2], [
    { name: "permute", dims: [1, 0, 2] },
    { name: "slice", dim: 1, start: 3, length: 1, step: -1 },
  ]],
  [[3, 2], [8], [{ name: "unfold", dim: 0, size: 2, step: 3 }]],
  [[2, 6], [12], [{ name: "reshape", shape: [2, 6] }]],
  [[17, 33], [19, 40], [
    { name: "slice", dim: 0, start: 1, length: 17, step: 1 },
    { name: "slice", dim: 1, start: 35, length: 33, step: -1 },
  ]],
];

/** The cases of `embed`. */
export const embedRow: CaseRow<EmbedOp> = {
  dtypes: EVERY,
  *cases(dtype) {
    const values = dtype === "bool"
      ? [0, 1]
      : dtype === "int32"
      ? [0, -7]
      : [0, -2.5, NaN, -Infinity];
    for (const [inner, shape, windows] of WINDOWS) {
      for (const value of values) {
        for (const layout of ALL_LAYOUTS) {
          yield {
            op: { name: "embed", shape, value, windows },
            inputs: [operand(inner, dtype, layout)],
          };
        }
      }
    }
  },
};

/** Part of a dim. */
const part = (
  dim: number,
  start: number,
  length: number,
  step = 1,
): readonly MovementOp[] => [{ name: "slice", dim, start, length, step }];

/** The whole, and for each input its shape and the way to its place. */
const SUMS: readonly (readonly [
  Shape,
  readonly (readonly [Shape, readonly MovementOp[]])[],
])[] = [
  [[], [[[], []]]],
  [[7], [[[7], []], [[7], []]]],
  [[9], [[[3], part(0, 2, 3)], [[3], part(0, 8, 3, -3)], [[0], part(0, 0, 0)]]],
  [[5, 4], [
    [[1, 4], part(0, 3, 1)],
    [[5, 4], []],
    [[5, 2], part(1, 1, 2)],
    [[2, 4], part(0, 2, 2)],
  ]],
  [[4, 5], [
    [[4], [{ name: "diagonal", shift: 0, dim1: 0, dim2: 1 }]],
    [[4], [{ name: "diagonal", shift: 1, dim1: 0, dim2: 1 }]],
    [[5, 4], [{ name: "permute", dims: [1, 0] }]],
  ]],
  [[10], [
    [[3, 2], [{ name: "unfold", dim: 0, size: 2, step: 3 }]],
    [[2, 5], [{ name: "reshape", shape: [2, 5] }]],
  ]],
  [
    [17, 3],
    Array.from({ length: 17 }, (_, i) => [[1, 3], part(0, i, 1)] as const),
  ],
];

/** The cases of `embedSum`. */
export const embedSumRow: CaseRow<EmbedSumOp> = {
  dtypes: ["int32", "float32", "float64"],
  *cases(dtype) {
    for (const [shape, parts] of SUMS) {
      for (let l = 0; l < ALL_LAYOUTS.length; l++) {
        yield {
          op: {
            name: "embedSum",
            shape,
            places: parts.map(([, windows]) => windows),
          },
          inputs: parts.map(([inner], i) =>
            operand(
              inner,
              dtype,
              ALL_LAYOUTS[(l + i) % ALL_LAYOUTS.length],
              common,
            )
          ),
        };
      }
    }
  },
};

/** The cases of `cat`. */
export const catRow: CaseRow<CatOp> = {
  dtypes: EVERY,
  *cases(dtype) {
    const lists: readonly (readonly [number, readonly Shape[]])[] = [
      [0, [[3]]],
      [0, [[3], [0], [17]]],
      [0, [[0], [0]]],
      [0, [[2, 3], [1, 3], [4, 3]]],
      [1, [[3, 2], [3, 7], [3, 1]]],
      [1, [[2, 3, 5], [2, 1, 5], [2, 4, 5]]],
      [2, [[2, 3, 5], [2, 3, 33]]],
      [0, Array.from({ length: 12 }, (_, i) => [i, 2])],
    ];
    for (const [dim, shapes] of lists) {
      for (let l = 0; l < ALL_LAYOUTS.length; l++) {
        const layoutOf = (i: number): Layout =>
          ALL_LAYOUTS[(l + i) % ALL_LAYOUTS.length]!;
        yield {
          op: { name: "cat", dim },
          inputs: shapes.map((shape, i) =>
            operand(shape, dtype, layoutOf(i), anything)
          ),
        };
      }
    }
    for (const other of EVERY) {
      yield {
        op: { name: "cat", dim: 0 },
        inputs: [
          operand([4], other, "dense", common),
          operand([5], dtype, "negative", common),
          operand([1], other, "dense", common),
        ],
      };
    }
  },
};

/** The cases of `tril` and `triu`. */
export function triangleRow(name: TriangleOp["name"]): CaseRow<TriangleOp> {
  return {
    dtypes: EVERY,
    *cases(dtype) {
      for (
        const shape of [[3, 3], [7, 3], [3, 17], [1, 1], [2, 5, 4], [0, 3], [
          2,
          3,
          0,
        ], [2, 2, 3, 3]]
      ) {
        for (const diagonal of [0, 1, -1, 2, -9, 20]) {
          yield* everyLayout({ name, diagonal }, shape, dtype);
        }
      }
    },
  };
}
