/**
 * Cases for gradients: each primitive that has one, at points where it is
 * smooth, as a table keyed by name. A missing row is a compile error.
 *
 * @module
 */
import type { Shape } from "@tenfold/core";
import type { MovementOp, OpName, OpOf } from "@tenfold/core/backend";
import { ALONG } from "../ops/along.ts";
import { column } from "../ops/spec.ts";
import { apart, plain, wholes } from "../values.ts";
import { type Case, operand, subsetsOfDims } from "./case.ts";
import {
  LAYOUT_CYCLE,
  type Smooth,
  SMOOTH_ELEMENTWISE,
} from "./smooth_elementwise.ts";
import { formulaInputs, SCALARS, smoothFormulas } from "./smooth_formula.ts";

type ReduceName =
  | "sum"
  | "mean"
  | "prod"
  | "max"
  | "min"
  | "norm"
  | "logsumexp";

/** Numbers of which no two are equal or close. */
const distinct = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => ((i * 7) % count) * 0.3 - 1.1);

function reduction<N extends ReduceName>(name: N): Smooth<OpOf<N>> {
  return function* (dtype) {
    const shape = [2, 3, 2];
    for (const [i, dims] of subsetsOfDims(3).entries()) {
      const op = { name, dims, keepDim: i % 2 === 0 } as unknown as OpOf<N>;
      const layout = LAYOUT_CYCLE[i % LAYOUT_CYCLE.length]!;
      const ordered = name === "max" || name === "min";
      yield {
        op,
        inputs: [
          ordered ? operand(shape, dtype, "dense", distinct(12)) : operand(
            shape,
            dtype,
            layout === "broadcast" ? "dense" : layout,
            apart(0.5, 1.5),
          ),
        ],
      };
    }
    if (name === "prod") {
      const op = { name, dims: [0, 1], keepDim: false } as unknown as OpOf<N>;
      // One zero, and two.
      for (const zeros of [[0, 1, 2, -1, 0.5, 3], [0, 2, 0, -1, 0.5, 3]]) {
        yield { op, inputs: [operand([2, 3], dtype, "dense", zeros)] };
      }
    }
  };
}

const MOVES: readonly (readonly [Shape, MovementOp])[] = [
  [[2, 3], { name: "reshape", shape: [3, 1, 2] }],
  [[2, 3, 2], { name: "permute", dims: [2, 0, 1] }],
  [[2, 1, 2], { name: "expand", shape: [2, 2, 3, 2] }],
  [[], { name: "expand", shape: [3] }],
  [[5, 2], { name: "slice", dim: 0, start: 1, length: 2, step: 2 }],
  [[2, 5], { name: "slice", dim: 1, start: 4, length: 3, step: -2 }],
  [[2, 7], { name: "unfold", dim: 1, size: 3, step: 2 }],
  [[5, 2], { name: "unfold", dim: 0, size: 2, step: 1 }],
  [[7], { name: "unfold", dim: 0, size: 2, step: 3 }],
  [[3, 4], { name: "diagonal", shift: 1, dim1: 0, dim2: 1 }],
  [[2, 3, 3], { name: "diagonal", shift: -1, dim1: 2, dim2: 0 }],
];

function moving<N extends MovementOp["name"]>(name: N): Smooth<OpOf<N>> {
  return function* (dtype) {
    for (const [shape, op] of MOVES) {
      if (op.name !== name) continue;
      for (const layout of ["dense", "transposed"] as const) {
        const inputs = [operand(shape, dtype, layout, plain)];
        yield { op: op as OpOf<N> & MovementOp, inputs } as Case<OpOf<N>>;
      }
    }
  };
}

const WINDOW = {
  stride: [1, 2],
  padding: [1, 0],
  dilation: [1, 1],
} as const;

/** Points at which each primitive is smooth. */
export const SMOOTH: { readonly [N in OpName]: Smooth<OpOf<N>> } = {
  ...SMOOTH_ELEMENTWISE,
  *cast(dtype) {
    yield {
      op: { name: "cast", dtype },
      inputs: [operand([2, 3], dtype, "transposed", plain)],
    };
    if (dtype !== "float64") return;
    yield {
      op: { name: "cast", dtype: "float64" },
      inputs: [operand([3], "float32", "dense", plain)],
    };
  },
  *copy(dtype) {
    yield {
      op: { name: "copy" },
      inputs: [operand([2, 3], dtype, "transposed", plain)],
    };
  },
  sum: reduction("sum"),
  mean: reduction("mean"),
  prod: reduction("prod"),
  max: reduction("max"),
  min: reduction("min"),
  any: null,
  all: null,
  norm: reduction("norm"),
  *variance(dtype) {
    for (const [i, dims] of [[0], [1], [0, 1], [0, 2]].entries()) {
      yield {
        op: { name: "variance", dims, keepDim: i % 2 === 0, correction: i % 3 },
        inputs: [operand([3, 4, 2], dtype, "dense", plain)],
      };
    }
  },
  logsumexp: reduction("logsumexp"),
  ...column(ALONG, "smooth"),
  *sort(dtype) {
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
  reshape: moving("reshape"),
  permute: moving("permute"),
  expand: moving("expand"),
  slice: moving("slice"),
  unfold: moving("unfold"),
  diagonal: moving("diagonal"),
  *embed(dtype) {
    yield {
      op: {
        name: "embed",
        shape: [4, 5],
        value: 0.5,
        windows: [
          { name: "slice", dim: 0, start: 3, length: 2, step: -2 },
          { name: "slice", dim: 1, start: 1, length: 3, step: 1 },
        ],
      },
      inputs: [operand([2, 3], dtype, "negative", plain)],
    };
    yield {
      op: {
        name: "embed",
        shape: [3, 4],
        value: 0,
        windows: [{ name: "diagonal", shift: 1, dim1: 0, dim2: 1 }],
      },
      inputs: [operand([3], dtype, "dense", plain)],
    };
  },
  *embedSum(dtype) {
    yield {
      op: {
        name: "embedSum",
        shape: [4, 3],
        places: [
          [{ name: "slice", dim: 0, start: 1, length: 2, step: 1 }],
          [],
          [{ name: "diagonal", shift: 0, dim1: 0, dim2: 1 }],
        ],
      },
      inputs: [
        operand([2, 3], dtype, "negative", plain),
        operand([4, 3], dtype, "transposed", plain),
        operand([3], dtype, "dense", plain),
      ],
    };
  },
  *cat(dtype) {
    yield {
      op: { name: "cat", dim: 1 },
      inputs: [
        operand([2, 1], dtype, "dense", plain),
        operand([2, 3], dtype, "transposed", plain),
        operand([2, 0], dtype, "dense", plain),
        operand([2, 2], dtype, "dense", plain),
      ],
    };
  },
  full: null,
  arange: null,
  eye: null,
  *tril(dtype) {
    yield {
      op: { name: "tril", diagonal: 1 },
      inputs: [operand([2, 3, 4], dtype, "dense", plain)],
    };
  },
  *triu(dtype) {
    yield {
      op: { name: "triu", diagonal: -1 },
      inputs: [operand([4, 3], dtype, "transposed", plain)],
    };
  },
  random: null,
  *dropout(dtype) {
    yield {
      op: { name: "dropout", p: 0.4, key: [3, 4] },
      inputs: [operand([3, 4], dtype, "transposed", plain)],
    };
  },
  *matmul(dtype) {
    const op = { name: "matmul" } as const;
    const factors: readonly (readonly Shape[])[] = [
      [[2, 3], [3, 2]],
      [[2, 3], [3, 2], [2]],
      [[1, 3], [3, 1], []],
      [[2, 2, 3], [3, 2], [2, 1]],
      [[2, 2, 3], [2, 3, 2], [2, 2, 2]],
      [[2, 3], [2, 3, 2]],
      [[2, 1, 2, 2], [3, 2, 2]],
    ];
    for (const [i, shapes] of factors.entries()) {
      yield {
        op,
        inputs: shapes.map((shape, p) =>
          operand(shape, dtype, LAYOUT_CYCLE[(i + p) % 4], plain)
        ),
      };
    }
  },
  *linear(dtype) {
    for (const shape of [[3], [2, 3], [2, 2, 3]]) {
      const x = operand(shape, dtype, "transposed", plain);
      const w = operand([2, 3], dtype, "dense", plain);
      const bias = operand([2], dtype, "negative", plain);
      yield { op: { name: "linear" }, inputs: [x, w] };
      yield { op: { name: "linear" }, inputs: [x, w, bias] };
    }
  },
  *conv2d(dtype) {
    for (const groups of [1, 2]) {
      const x = operand([2, 2, 3, 4], dtype, "dense", plain);
      const w = operand([2, 2 / groups, 2, 2], dtype, "dense", plain);
      const bias = operand([2], dtype, "dense", plain);
      yield { op: { name: "conv2d", groups, ...WINDOW }, inputs: [x, w, bias] };
    }
  },
  *conv2dInput(dtype) {
    yield {
      op: { name: "conv2dInput", groups: 1, size: [3, 4], ...WINDOW },
      inputs: [
        operand([1, 2, 4, 2], dtype, "dense", plain),
        operand([2, 1, 2, 2], dtype, "dense", plain),
      ],
    };
  },
  *conv2dWeight(dtype) {
    yield {
      op: { name: "conv2dWeight", groups: 1, size: [2, 2], ...WINDOW },
      inputs: [
        operand([1, 1, 3, 4], dtype, "dense", plain),
        operand([1, 2, 4, 2], dtype, "dense", plain),
      ],
    };
  },
  *maxPool2d(dtype) {
    yield {
      op: { name: "maxPool2d", size: [2, 2], ceil: false, ...WINDOW },
      inputs: [operand([1, 2, 3, 4], dtype, "dense", distinct(24))],
    };
  },
  *gather(dtype) {
    yield {
      op: { name: "gather", dim: 1 },
      inputs: [
        operand([2, 3], dtype, "transposed", plain),
        operand([2, 5], "int32", "dense", wholes(0, 2)),
      ],
    };
    yield {
      op: { name: "gather", dim: 0 },
      inputs: [
        operand([4, 3], dtype, "dense", plain),
        operand([3, 2], "int32", "dense", wholes(0, 3)),
      ],
    };
  },
  *scatterAdd(dtype) {
    yield {
      op: { name: "scatterAdd", dim: 0 },
      inputs: [
        operand([3, 2], dtype, "transposed", plain),
        operand([4, 2], "int32", "dense", wholes(0, 2)),
        operand([5, 2], dtype, "dense", plain),
      ],
    };
  },
  *map(dtype) {
    for (const formula of smoothFormulas(dtype)) {
      for (const shapes of [[[2, 3], [2, 3], [2, 3]], [[2, 1], [3], []]]) {
        yield {
          op: { name: "map", formula, scalars: SCALARS },
          inputs: formulaInputs(dtype, shapes),
        };
      }
    }
  },
  *mapSum(dtype) {
    for (const [i, formula] of smoothFormulas(dtype).entries()) {
      for (const dims of [[0], [1], [0, 1]]) {
        yield {
          op: {
            name: "mapSum",
            formula,
            scalars: SCALARS,
            dims,
            keepDim: i % 2 === 0,
            divisor: i % 2 === 0 ? 1 : 3,
          },
          inputs: formulaInputs(dtype, [[2, 3], [3], [2, 1]]),
        };
      }
    }
  },
  update: null,
};
