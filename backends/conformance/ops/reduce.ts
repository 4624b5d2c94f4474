/**
 * The reductions over dims: functions of a list of numbers, applied to each
 * group of elements that is reduced to one.
 *
 * @module
 */
import { type DType, isFloating, type Shape } from "@tenfold/core";
import type { LogSumExpOp, Op, ReduceOp } from "@tenfold/core/backend";
import { infer } from "@tenfold/core/internal";
import type { Tolerance } from "../compare.ts";
import { ALL_LAYOUTS, type Layout } from "../layout.ts";
import {
  apart,
  common,
  type Draw,
  EDGES,
  rarely,
  ties,
  wrapping,
} from "../values.ts";
import { countOf, equal, exact, ofSizes, walk } from "./allow.ts";
import {
  BLOCKS,
  distinct,
  EVERY,
  LARGE,
  LAYOUT_CYCLE,
  operand,
  specialLines,
  subsetsOfDims,
  VECTORS,
} from "./cases.ts";
import type {
  Meaning,
  Smooth,
  Spec,
  SpecFamily,
  ToleranceRule,
} from "./spec.ts";
import {
  element,
  flatIndex,
  generate,
  type Plain,
  positions,
} from "./plain.ts";

/** The values that a reduction reduces to one, in C order. */
export type Reducer = (values: readonly number[], dtype: DType) => number;

/** Which elements are reduced. */
interface Reduction {
  readonly dims: readonly number[];
  readonly keepDim: boolean;
}

/** The sum. */
export const total = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0);

/** The mean. */
export const mean = (values: readonly number[]): number =>
  total(values) / values.length;

/** Reduces dims; `keepDim` leaves them as extents of 1. */
export function reduceWith(
  op: Reduction,
  x: Plain,
  result: { readonly shape: Shape; readonly dtype: DType },
  of: Reducer,
): Plain[] {
  const kept = x.shape.map((extent, d) => op.dims.includes(d) ? 1 : extent);
  const groups: number[][] = positions(kept).map(() => []);
  for (const position of positions(x.shape)) {
    const group = position.map((p, d) => op.dims.includes(d) ? 0 : p);
    groups[flatIndex(kept, group)]!.push(element(x, position));
  }
  // Dropping extents of 1 does not change the C order.
  let next = 0;
  return [
    generate(
      result.shape,
      result.dtype,
      () => of(groups[next++]!, result.dtype),
    ),
  ];
}

/** What a reduction by a function of the values means. */
export const reducing =
  <O extends Op & Reduction>(of: (op: O) => Reducer): Meaning<O> => (op, [x]) =>
    reduceWith(op, x!, infer(op, [x!])[0]!, of(op));

/** Every choice of dims in every layout; `hollow` allows empty reductions. */
export function* reductions(
  hollow: boolean,
): Iterable<Reduction & { shape: Shape; layout: Layout }> {
  for (const shape of [...VECTORS, ...BLOCKS, [17, 33]]) {
    for (const [i, dims] of subsetsOfDims(shape.length).entries()) {
      if (!hollow && dims.some((d) => shape[d] === 0)) continue;
      for (const [l, layout] of ALL_LAYOUTS.entries()) {
        yield { shape, dims, layout, keepDim: (i + l) % 2 === 0 };
      }
    }
  }
  for (const shape of LARGE) {
    for (const dims of subsetsOfDims(shape.length)) {
      if (dims.length === 0) continue;
      for (const layout of ["dense", "transposed"] as const) {
        yield { shape, dims, layout, keepDim: false };
      }
    }
  }
}

/** Reductions of all dims of three, in turn with dims kept. */
export const smoothReduction = <O extends Op & Reduction>(
  name: O["name"],
  ordered = false,
): Smooth<O> =>
  function* (dtype) {
    for (const [i, dims] of subsetsOfDims(3).entries()) {
      const op = { name, dims, keepDim: i % 2 === 0 } as unknown as O;
      const layout = LAYOUT_CYCLE[i % LAYOUT_CYCLE.length]!;
      const shape = [2, 3, 2];
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
  };

/** One zero among the factors, and two. */
const smoothProd: Smooth<ReduceOp> = function* (dtype) {
  yield* smoothReduction<ReduceOp>("prod")(dtype);
  const op = { name: "prod", dims: [0, 1], keepDim: false } as const;
  for (const zeros of [[0, 1, 2, -1, 0.5, 3], [0, 2, 0, -1, 0.5, 3]]) {
    yield { op, inputs: [operand([2, 3], dtype, "dense", zeros)] };
  }
};

/** Near 1, either sign, so that long products stay in range. */
const factor: Draw = (random) =>
  random.between(0.97, 1.03) * random.pick([1, -1]);

/** A plain reduction. */
interface Row {
  readonly reducer: Reducer;
  readonly draw: (dtype: DType) => Draw;
  readonly tolerance: ToleranceRule<ReduceOp>;
  readonly smooth: Smooth<ReduceOp> | null;
  /** Whether there has to be an element to reduce. */
  readonly solid?: boolean;
}

const plain = (
  name: ReduceOp["name"],
  { reducer, draw, tolerance, smooth, solid = false }: Row,
): Spec<ReduceOp> => ({
  meaning: reducing(() => reducer),
  dtypes: EVERY,
  *cases(dtype) {
    for (const { shape, dims, keepDim, layout } of reductions(!solid)) {
      yield {
        op: { name, dims, keepDim },
        inputs: [operand(shape, dtype, layout, draw(dtype))],
      };
    }
    const op = { name, dims: [1], keepDim: false };
    if (isFloating(dtype)) yield { op, inputs: [specialLines(dtype)] };
    if (solid) {
      const edges = EDGES[dtype];
      yield { op, inputs: [operand([edges.length, 1], dtype, "dense", edges)] };
    }
  },
  tolerance,
  smooth,
});

/** Errors of a sum, relative to the sizes of what is added. */
const summed =
  (of: Reducer): ToleranceRule<ReduceOp> => (op, inputs): Tolerance =>
    ofSizes(reducing(() => of), op, inputs, countOf(op, inputs[0]!));

// int32 sums and products wrap at every step.
const sum: Reducer = (values, dtype) =>
  dtype === "int32" ? values.reduce((a, b) => (a + b) | 0, 0) : total(values);
const prod: Reducer = (values, dtype) =>
  values.reduce(dtype === "int32" ? Math.imul : (a, b) => a * b, 1);

/** log Σ exp(x), shifted by the largest value where that is finite. */
function logSumExp(values: readonly number[]): number {
  const top = Math.max(...values);
  const shift = Number.isFinite(top) ? top : 0;
  return Math.log(total(values.map((x) => Math.exp(x - shift)))) + shift;
}

/** The specs of the reductions but those of squares. */
export const REDUCE_SPECS: SpecFamily<ReduceOp | LogSumExpOp> = {
  sum: plain("sum", {
    reducer: sum,
    draw: (dtype) => dtype === "int32" ? wrapping : common,
    tolerance: summed(sum),
    smooth: smoothReduction("sum"),
  }),
  mean: plain("mean", {
    reducer: mean,
    draw: () => common,
    tolerance: summed(mean),
    smooth: smoothReduction("mean"),
  }),
  prod: plain("prod", {
    reducer: prod,
    draw: (dtype) =>
      dtype === "int32" ? wrapping : dtype === "bool" ? rarely(0.9) : factor,
    tolerance: (op, [x]) => ({ epsilons: 4 + countOf(op, x!) }),
    smooth: smoothProd,
  }),
  // Math.max and Math.min give NaN when any value is NaN.
  max: plain("max", {
    reducer: (values) => Math.max(...values),
    draw: () => ties,
    tolerance: equal,
    smooth: smoothReduction("max", true),
    solid: true,
  }),
  min: plain("min", {
    reducer: (values) => Math.min(...values),
    draw: () => ties,
    tolerance: equal,
    smooth: smoothReduction("min", true),
    solid: true,
  }),
  any: plain("any", {
    reducer: (values) => values.some((x) => x !== 0) ? 1 : 0,
    draw: () => rarely(0.05),
    tolerance: exact,
    smooth: null,
  }),
  all: plain("all", {
    reducer: (values) => values.every((x) => x !== 0) ? 1 : 0,
    draw: () => rarely(0.95),
    tolerance: exact,
    smooth: null,
  }),
  logsumexp: {
    meaning: reducing(() => logSumExp),
    dtypes: EVERY,
    *cases(dtype) {
      for (const { shape, dims, keepDim, layout } of reductions(true)) {
        yield {
          op: { name: "logsumexp", dims, keepDim },
          inputs: [operand(shape, dtype, layout)],
        };
      }
      const op = { name: "logsumexp", dims: [1], keepDim: false } as const;
      if (isFloating(dtype)) yield { op, inputs: [specialLines(dtype)] };
    },
    tolerance: (op, [x], [result]) => ({
      epsilons: 16 + walk(countOf(op, x!)),
      scale: result!.data.map((y) => 1 + Math.abs(y)),
    }),
    smooth: smoothReduction("logsumexp"),
  },
};
