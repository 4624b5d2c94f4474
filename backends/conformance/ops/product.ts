/**
 * Products of matrices.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import { type LinearOp, type MatmulOp, sizeOf } from "@tenfold/core/backend";
import { infer } from "@tenfold/core/internal";
import { ALL_LAYOUTS, type Layout } from "../layout.ts";
import { common, type Draw, plain, wrapping } from "../values.ts";
import { ofSizes } from "./allow.ts";
import { LAYOUT_CYCLE, NUMBERS, operand, rotated } from "./cases.ts";
import type { Case, Meaning, SpecFamily } from "./spec.ts";
import {
  broadcastElement,
  element,
  fit,
  generate,
  type Plain,
  positions,
} from "./plain.ts";
import { type Maker, type Trial, type Trials, viewed } from "./trial.ts";

/** A matrix of a batch, which may repeat it, as a list of rows. */
function matrixAt(x: Plain, batch: readonly number[]): number[][] {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return Array.from({ length: rows }, (_, i) =>
    Array.from(
      { length: columns },
      (_, j) => broadcastElement(x, [...batch, i, j]),
    ));
}

/** Σ over k, batches broadcast, plus a bias. */
const matmul: Meaning<MatmulOp> = (op, inputs) => {
  const [a, b, bias] = inputs;
  const { shape, dtype } = infer(op, inputs)[0]!;
  const wraps = dtype === "int32";
  const data: number[] = [];
  for (const batch of positions(shape.slice(0, -2))) {
    const right = matrixAt(b!, batch);
    matrixAt(a!, batch).forEach((row, i) => {
      for (let j = 0; j < shape[shape.length - 1]!; j++) {
        let sum = 0;
        row.forEach((x, k) => {
          const y = right[k]![j]!;
          sum = wraps ? (sum + Math.imul(x, y)) | 0 : sum + x * y;
        });
        if (bias) sum += broadcastElement(bias, [...batch, i, j]);
        data.push(wraps ? sum | 0 : fit(dtype, sum));
      }
    });
  }
  return [{ shape, dtype, data }];
};

/** `matmul` with the weight the other way round. */
const linear: Meaning<LinearOp> = (op, inputs) => {
  const [x, w, ...bias] = inputs;
  const { shape, dtype } = infer(op, inputs)[0]!;
  const k = w!.shape[1]!;
  const columns = generate(
    [k, w!.shape[0]!],
    w!.dtype,
    ([i, j]) => element(w!, [j!, i!]),
  );
  const rows = { ...x!, shape: [sizeOf(x!.shape.slice(0, -1)), k] };
  const [product] = matmul({ name: "matmul" }, [rows, columns, ...bias]);
  return [{ shape, dtype, data: product!.data }];
};

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

/** The specs of products of matrices. */
export const PRODUCT_SPECS: SpecFamily<MatmulOp | LinearOp> = {
  matmul: {
    meaning: matmul,
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
        for (
          const [m, k, n] of [[7, 9, 10], [1, 17, 33], [19, 5, 1]] as const
        ) {
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
    tolerance: (op, inputs) => {
      const [a] = inputs;
      return ofSizes(matmul, op, inputs, a!.shape[a!.shape.length - 1]!);
    },
    *smooth(dtype) {
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
  },
  linear: {
    meaning: linear,
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
    tolerance: (op, inputs) =>
      ofSizes(linear, op, inputs, inputs[1]!.shape[1]!),
    *smooth(dtype) {
      for (const shape of [[3], [2, 3], [2, 2, 3]]) {
        const x = operand(shape, dtype, "transposed", plain);
        const w = operand([2, 3], dtype, "dense", plain);
        const bias = operand([2], dtype, "negative", plain);
        yield { op: { name: "linear" }, inputs: [x, w] };
        yield { op: { name: "linear" }, inputs: [x, w, bias] };
      }
    },
  },
};

function multiply(maker: Maker, dtype: DType): Trial {
  const { random } = maker;
  const size = () => random.pick([1, 2, 3, 5, 8, 17, 33]);
  const [m, n, k] = [size(), size(), size()];
  const batch = Array.from(
    { length: random.whole(0, 2) },
    () => random.whole(1, 3),
  );
  const shape = [...batch, m, n, k];
  const a = maker.input([...batch, m, k], dtype);
  const b = maker.input([...batch, k, n], dtype);
  const out = maker.output([...batch, m, n], dtype, true);
  const bias = random.chance(0.5) ? maker.input([...batch, m, n], dtype) : null;
  const lead = batch.length;
  const [x, y] = [a.view.strides, b.view.strides];
  const rows = (s: readonly number[]) => s.slice(0, lead);
  const inputs = [
    viewed(a, shape, [...rows(x), x[lead]!, 0, x[lead + 1]!]),
    viewed(b, shape, [...rows(y), 0, y[lead + 1]!, y[lead]!]),
  ];
  if (bias) inputs.push(viewed(bias, shape, [...bias.view.strides, 0]));
  return {
    name: "matmul",
    shape,
    outputs: [viewed(out, shape, [...out.view.strides, 0])],
    inputs,
    scalars: [],
    op: { name: "matmul" },
    plains: [a, b, ...(bias ? [bias] : [])]
      .map((held) => maker.plain(held, dtype)),
  };
}

/** The trials of their routines. */
export const PRODUCT_TRIALS: { readonly matmul: Trials } = {
  matmul: { dtypes: NUMBERS, trial: multiply },
};
