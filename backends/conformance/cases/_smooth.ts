/**
 * Cases for gradients: each primitive that has one, at points where it is
 * smooth, as a table keyed by name. A missing row is a compile error.
 *
 * @module
 */
import {
  arg,
  call,
  castExpr,
  constant,
  type DType,
  type ElementwiseName,
  type Expr,
  type Formula,
  type MovementOp,
  type Op,
  type OpName,
  type OpOf,
  scalar,
  type Shape,
} from "@tenfold/core";
import type { Layout } from "../_layout.ts";
import { type Draw, wholes, within } from "../_values.ts";
import { type Case, operand, subsetsOfDims } from "./_case.ts";

/** The cases of one primitive; null where no result has a gradient. */
type Smooth<O extends Op> = ((dtype: DType) => Iterable<Case<O>>) | null;

/** A number of either sign, away from 0. */
const apart = (low: number, high: number): Draw => (random) =>
  random.between(low, high) * random.pick([1, -1]);

/** A number near one of a list. */
const near = (centres: readonly number[], reach: number): Draw => (random) =>
  random.pick(centres) + random.between(-reach, reach);

const plain = within(-2, 2);
const positive = within(0.4, 2.5);
const steps = near([-2, -1, 0, 1, 2], 0.3);

/** Where each operand is drawn from; null where the result is no float. */
const DOMAINS: { readonly [N in ElementwiseName]: readonly Draw[] | null } = {
  add: [plain, plain],
  sub: [plain, plain],
  mul: [plain, plain],
  div: [plain, apart(0.5, 2)],
  remainder: [within(2.3, 2.6), within(0.95, 1.05)],
  pow: [positive, plain],
  maximum: [near([-1.5, 0.5], 0.3), near([-0.5, 1.5], 0.3)],
  minimum: [near([-1.5, 0.5], 0.3), near([-0.5, 1.5], 0.3)],
  atan2: [apart(0.5, 2), apart(0.5, 2)],
  neg: [plain],
  abs: [apart(0.2, 2)],
  sign: [apart(0.2, 2)],
  square: [plain],
  exp: [plain],
  expm1: [plain],
  log: [positive],
  log1p: [within(-0.5, 2)],
  log2: [positive],
  sqrt: [positive],
  rsqrt: [positive],
  reciprocal: [apart(0.5, 2)],
  sin: [plain],
  cos: [plain],
  tan: [within(-1, 1)],
  tanh: [plain],
  sigmoid: [plain],
  erf: [plain],
  gelu: [plain],
  softplus: [plain],
  floor: [near([-1.5, 0.5, 1.5], 0.3)],
  ceil: [near([-1.5, 0.5, 1.5], 0.3)],
  round: [steps],
  trunc: [near([-1.5, 0.5, 1.5], 0.3)],
  relu: [apart(0.2, 2)],
  leakyRelu: [apart(0.2, 2), within(0.1, 0.5)],
  elu: [apart(0.2, 2), within(0.5, 1.5)],
  silu: [plain],
  clamp: [near([-1.5, 0, 1.5], 0.3), within(-0.9, -0.6), within(0.6, 0.9)],
  eq: null,
  ne: null,
  lt: null,
  le: null,
  gt: null,
  ge: null,
  logicalAnd: null,
  logicalOr: null,
  logicalXor: null,
  logicalNot: null,
  isNan: null,
  isFinite: null,
  where: [plain, plain, plain],
  reluGrad: [plain, apart(0.2, 2)],
  leakyReluGrad: [plain, apart(0.2, 2), within(0.1, 0.5)],
  eluGrad: [plain, apart(0.2, 2), within(0.5, 1.5)],
  clampGrad: [
    plain,
    near([-1.5, 0, 1.5], 0.3),
    within(-0.9, -0.6),
    within(0.6, 0.9),
  ],
  tanhGrad: [plain, within(-0.9, 0.9)],
  sigmoidGrad: [plain, within(0.1, 0.9)],
  geluGrad: [plain, plain],
  siluGrad: [plain, plain],
  sqrtGrad: [plain, positive],
};

/** Layouts that cases of gradients go through in turn. */
const TURNS: readonly Layout[] = [
  "dense",
  "transposed",
  "negative",
  "offset",
  "broadcast",
];

const BROADCAST: readonly Shape[] = [[2, 1], [1, 3], [3], []];

function elementwise(name: ElementwiseName): Smooth<OpOf<ElementwiseName>> {
  const draws = DOMAINS[name];
  if (!draws) return null;
  return function* (dtype) {
    const one = (shape: Shape, p: number, layout: Layout = "dense") =>
      operand(
        shape,
        name === "where" && p === 0 ? "bool" : dtype,
        layout,
        draws[p],
      );
    for (let turn = 0; turn < 2; turn++) {
      yield {
        op: { name },
        inputs: draws.map((_, p) =>
          one([2, 3], p, TURNS[(turn + p) % TURNS.length])
        ),
      };
    }
    if (draws.length === 1) return;
    yield {
      op: { name },
      inputs: draws.map((_, p) => one(BROADCAST[p]!, p)),
    };
    for (let p = 0; p < draws.length; p++) {
      if (name === "where" && p === 0) continue;
      // One tensor beside numbers, each from where its operand is drawn.
      const operands = draws.map((_, q) =>
        q === p || (name === "where" && q === 0)
          ? null
          : NUMBERS[name]?.[q] ?? 0.75
      );
      yield {
        op: { name, operands },
        inputs: draws.flatMap((_, q) =>
          operands[q] === null ? [one([2, 2], q)] : []
        ),
      };
    }
  };
}

/** Numbers that suit an operand where 0.75 does not. */
const NUMBERS: { readonly [N in ElementwiseName]?: readonly number[] } = {
  remainder: [2.5, 1],
  clamp: [0, -0.75, 0.75],
  clampGrad: [1, 0, -0.75, 0.75],
  pow: [1.5, 3],
  maximum: [0, 0],
  minimum: [0, 0],
};

type Folding =
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

function folding<N extends Folding>(name: N): Smooth<OpOf<N>> {
  return function* (dtype) {
    const shape = [2, 3, 2];
    for (const [i, dims] of subsetsOfDims(3).entries()) {
      const op = { name, dims, keepDim: i % 2 === 0 } as unknown as OpOf<N>;
      const layout = TURNS[i % TURNS.length]!;
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

function along(
  name: "softmax" | "logSoftmax" | "cumsum",
): Smooth<OpOf<"softmax" | "logSoftmax" | "cumsum">> {
  return function* (dtype) {
    for (const dim of [0, 1, 2]) {
      yield {
        op: { name, dim },
        inputs: [operand([2, 3, 2], dtype, TURNS[dim], plain)],
      };
    }
    yield {
      op: { name, dim: 0 },
      inputs: [operand([], dtype, "dense", plain)],
    };
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

function smoothFormulas(dtype: DType): Formula[] {
  const [x, y] = [arg(0, dtype), arg(1, dtype)];
  const [a, b] = [scalar(0, dtype), scalar(1, dtype)];
  const counted = castExpr(arg(2, "int32"), dtype);
  const exprs: Expr[] = [
    call("mul", call("exp", call("neg", call("mul", x, x))), y),
    call(
      "add",
      call("mul", call("tanh", x), a),
      call("sin", call("mul", y, b)),
    ),
    call(
      "select",
      call("gt", x, y),
      call("mul", x, counted),
      call("div", y, call("add", call("mul", x, x), constant(1, dtype))),
    ),
    call("log", call("add", call("softplus", x), call("sigmoid", y))),
    call("pow", call("add", call("abs", x), constant(1, dtype)), y),
    call(
      "atan2",
      call("max", x, constant(-9, dtype)),
      call("sqrt", call("add", call("mul", y, y), constant(1, dtype))),
    ),
  ];
  return exprs.map((expr, i) => ({
    label: `formula ${i}`,
    inputs: [dtype, dtype, "int32"],
    scalars: 2,
    expr,
  }));
}

const SCALARS: readonly number[] = [0.5, 1.5];

/** x and y far enough from each other that a choice between them is firm. */
function formulaInputs(dtype: DType, shapes: readonly Shape[]) {
  return [
    operand(shapes[0]!, dtype, "dense", near([-1.5, 0.5], 0.2)),
    operand(shapes[1]!, dtype, "transposed", near([-0.5, 1.5], 0.2)),
    operand(shapes[2]!, "int32", "dense", wholes(1, 3)),
  ];
}

const elementwiseRows = Object.fromEntries(
  (Object.keys(DOMAINS) as ElementwiseName[])
    .map((name) => [name, elementwise(name)]),
) as { readonly [N in ElementwiseName]: Smooth<OpOf<ElementwiseName>> };

const WINDOW = {
  stride: [1, 2],
  padding: [1, 0],
  dilation: [1, 1],
} as const;

/** Points at which each primitive is smooth. */
export const SMOOTH: { readonly [N in OpName]: Smooth<OpOf<N>> } = {
  ...elementwiseRows,
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
  sum: folding("sum"),
  mean: folding("mean"),
  prod: folding("prod"),
  max: folding("max"),
  min: folding("min"),
  any: null,
  all: null,
  norm: folding("norm"),
  *variance(dtype) {
    for (const [i, dims] of [[0], [1], [0, 1], [0, 2]].entries()) {
      yield {
        op: { name: "variance", dims, keepDim: i % 2 === 0, correction: i % 3 },
        inputs: [operand([3, 4, 2], dtype, "dense", plain)],
      };
    }
  },
  logsumexp: folding("logsumexp"),
  argmax: null,
  argmin: null,
  softmax: along("softmax"),
  logSoftmax: along("logSoftmax"),
  cumsum: along("cumsum"),
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
          operand(shape, dtype, TURNS[(i + p) % 4], plain)
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
