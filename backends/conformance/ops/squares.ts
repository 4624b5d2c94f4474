/**
 * The reductions of squares.
 *
 * @module
 */
import { isFloating } from "@tenfold/core";
import type { NormOp, VarianceOp } from "@tenfold/core/backend";
import { plain, within } from "../values.ts";
import { countOf, DIGITS, walk } from "./allow.ts";
import { EVERY, operand, specialLines } from "./cases.ts";
import type { SpecFamily } from "./spec.ts";
import {
  mean,
  reduceWith,
  reducing,
  reductions,
  smoothReduction,
  total,
} from "./reduce.ts";

/** The specs of the reductions of squares. */
export const SQUARE_SPECS: SpecFamily<NormOp | VarianceOp> = {
  norm: {
    meaning: reducing(() => (values) =>
      Math.sqrt(total(values.map((x) => x * x)))
    ),
    dtypes: EVERY,
    *cases(dtype) {
      for (const { shape, dims, keepDim, layout } of reductions(true)) {
        yield {
          op: { name: "norm", dims, keepDim },
          inputs: [operand(shape, dtype, layout)],
        };
      }
      if (isFloating(dtype)) {
        yield {
          op: { name: "norm", dims: [1], keepDim: false },
          // Squares of larger numbers leave the range of float32.
          inputs: [specialLines(dtype, 1e15)],
        };
      }
    },
    tolerance: (op, [x]) => ({ epsilons: walk(countOf(op, x!)) }),
    smooth: smoothReduction("norm"),
  },
  variance: {
    /** Σ (x - mean)² / max(0, n - correction). */
    meaning: reducing(({ correction }) => (values) => {
      const centre = mean(values);
      return total(values.map((x) => (x - centre) ** 2)) /
        Math.max(0, values.length - correction);
    }),
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
    tolerance: (op, [x], [result]) => ({
      epsilons: walk(countOf(op, x!)),
      // Each distance from the mean carries the rounding of the number itself,
      // and that of the mean, which remains where the distance is nothing.
      scale: reduceWith(
        op,
        x!,
        { shape: result!.shape, dtype: "float64" },
        (values) => {
          const mean = values.reduce((a, b) => a + b, 0) / values.length;
          return values.reduce(
            (sum, v) =>
              sum +
              (Math.abs(v - mean) +
                  DIGITS[result!.dtype].epsilon * Math.abs(mean)) *
                (Math.abs(v) + Math.abs(mean)),
            0,
          ) / Math.max(1, values.length - op.correction);
        },
      )[0]!.data,
    }),
    *smooth(dtype) {
      for (const [i, dims] of [[0], [1], [0, 1], [0, 2]].entries()) {
        yield {
          op: {
            name: "variance",
            dims,
            keepDim: i % 2 === 0,
            correction: i % 3,
          },
          inputs: [operand([3, 4, 2], dtype, "dense", plain)],
        };
      }
    },
  },
};
