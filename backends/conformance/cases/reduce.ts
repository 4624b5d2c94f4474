/**
 * Cases of the reductions and of sorting.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import type {
  LogSumExpOp,
  NormOp,
  OpOf,
  ReduceOp,
  SortOp,
  VarianceOp,
} from "@tenfold/core/backend";
import { isFloating } from "@tenfold/core";
import { ALL_LAYOUTS, type Layout } from "../layout.ts";
import {
  anything,
  common,
  type Draw,
  EDGES,
  rarely,
  ties,
  wholes,
  within,
  wrapping,
} from "../values.ts";
import {
  BLOCKS,
  type CaseRow,
  EVERY,
  operand,
  subsetsOfDims,
  VECTORS,
} from "./case.ts";
import { LARGE, lines, specialLines } from "./lines.ts";

interface Reduction {
  readonly dims: readonly number[];
  readonly keepDim: boolean;
}

/** Every choice of dims in every layout; `hollow` allows empty reductions. */
function* reductions(
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

type ReduceName = (ReduceOp | NormOp)["name"];

const drawsOf: { readonly [N in ReduceName]: (d: DType) => Draw } = {
  sum: (dtype) => dtype === "int32" ? wrapping : common,
  mean: () => common,
  prod: (dtype) =>
    dtype === "int32" ? wrapping : dtype === "bool" ? rarely(0.9) : factor,
  max: () => ties,
  min: () => ties,
  any: () => rarely(0.05),
  all: () => rarely(0.95),
  norm: () => common,
};

/** Near 1, either sign, so that long products stay in range. */
const factor: Draw = (random) =>
  random.between(0.97, 1.03) * random.pick([1, -1]);

/** The cases of a plain reduction. */
export function reduceRow<N extends ReduceName>(name: N): CaseRow<OpOf<N>> {
  const hollow = name !== "max" && name !== "min";
  const opOf = (dims: readonly number[], keepDim: boolean) =>
    ({ name, dims, keepDim }) as unknown as OpOf<N>;
  return {
    dtypes: EVERY,
    *cases(dtype) {
      const draw = drawsOf[name](dtype);
      for (const { shape, dims, keepDim, layout } of reductions(hollow)) {
        yield {
          op: opOf(dims, keepDim),
          inputs: [operand(shape, dtype, layout, draw)],
        };
      }
      const op = opOf([1], false);
      if (isFloating(dtype)) {
        // Squares of larger numbers leave the range of float32.
        const largest = name === "norm" ? 1e15 : Infinity;
        yield { op, inputs: [specialLines(dtype, largest)] };
      }
      if (name === "max" || name === "min") {
        const edges = EDGES[dtype];
        yield {
          op,
          inputs: [operand([edges.length, 1], dtype, "dense", edges)],
        };
      }
    },
  };
}

/** The cases of `variance`. */
export const varianceRow: CaseRow<VarianceOp> = {
  dtypes: EVERY,
  *cases(dtype) {
    for (const { shape, dims, keepDim, layout } of reductions(true)) {
      for (const correction of [0, 1]) {
        yield {
          op: { name: "variance", dims, keepDim, correction },
          inputs: [operand(shape, dtype, layout)],
        };
      }
    }
    if (isFloating(dtype)) {
      const op = {
        name: "variance",
        dims: [1],
        keepDim: true,
        correction: 1,
      } as const;
      // Far from zero, where squares minus squares would lose everything.
      yield {
        op,
        inputs: [operand([4, 99], dtype, "dense", within(999, 1001))],
      };
      yield {
        op,
        inputs: [operand([3, 3], dtype, "dense", [
          ...[NaN, 1, 2],
          ...[Infinity, 1, 2],
          ...[5, 5, 5],
        ])],
      };
    }
  },
};

/** The cases of `logsumexp`. */
export const logSumExpRow: CaseRow<LogSumExpOp> = {
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
};

/** The cases of `sort`. */
export const sortRow: CaseRow<SortOp> = {
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
};
