/**
 * Tensors out of nothing, and triangles.
 *
 * @module
 */
import { isFloating } from "@tenfold/core";
import {
  type ArangeOp,
  computeDType,
  type EyeOp,
  type FullOp,
  type TriangleOp,
} from "@tenfold/core/backend";
import { EDGES, plain } from "../values.ts";
import { exact } from "./allow.ts";
import { BLOCKS, EVERY, NUMBERS, operand, VECTORS } from "./cases.ts";
import type { Smooth, Spec, SpecFamily } from "./spec.ts";
import { everyLayout } from "./movement.ts";
import { element, fit, generate } from "./plain.ts";

/** The spec of a triangle: what is inside by its distance from the diagonal. */
const triangle = (
  name: TriangleOp["name"],
  inside: (distance: number) => boolean,
  smooth: Smooth<TriangleOp>,
): Spec<TriangleOp> => ({
  meaning: (op, [x]) => [
    generate(x!.shape, x!.dtype, (position) => {
      const [row, column] = position.slice(-2) as [number, number];
      return inside(column - row - op.diagonal) ? element(x!, position) : 0;
    }),
  ],
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
  tolerance: exact,
  smooth,
});

/** The specs of what is made of positions. */
export const CREATE_SPECS: SpecFamily<FullOp | ArangeOp | EyeOp | TriangleOp> =
  {
    full: {
      meaning: (op) => [generate(op.shape, op.dtype, () => op.value)],
      dtypes: EVERY,
      *cases(dtype) {
        for (const shape of [...VECTORS, ...BLOCKS]) {
          for (const value of [0, 1]) {
            yield { op: { name: "full", shape, value, dtype }, inputs: [] };
          }
        }
        // A number is cast: integers saturate, and NaN is true.
        const odd = [2, 0.5, -1.7, 3e9, -3e9, NaN, Infinity, -Infinity];
        for (const value of [...EDGES[dtype], ...odd]) {
          yield { op: { name: "full", shape: [3], value, dtype }, inputs: [] };
        }
      },
      tolerance: exact,
      smooth: null,
    },
    arange: {
      meaning(op) {
        const dtype = computeDType(op.dtype);
        const start = fit(dtype, op.start);
        const step = fit(dtype, op.step);
        return [
          generate(
            [op.length],
            op.dtype,
            ([i]) =>
              op.dtype === "int32"
                ? (start + Math.imul(i!, step)) | 0
                : start + i! * step,
          ),
        ];
      },
      dtypes: NUMBERS,
      *cases(dtype) {
        const whole = [[0, 1], [5, -2], [-7, 3], [2147483600, 1]] as const;
        const broken = [[0, 0.1], [1.5, -0.25], [-1e10, 1e9]] as const;
        for (const length of [0, 1, 3, 7, 17, 33, 1031]) {
          for (
            const [start, step] of isFloating(dtype)
              ? [...whole, ...broken]
              : whole
          ) {
            yield {
              op: { name: "arange", start, step, length, dtype },
              inputs: [],
            };
          }
        }
      },
      tolerance: ({ start, step, length }) => ({
        epsilons: 2,
        scale: Math.abs(start) + Math.abs(step) * length,
      }),
      smooth: null,
    },
    eye: {
      meaning(op) {
        return [
          generate(
            [op.rows, op.columns],
            op.dtype,
            ([row, column]) => row === column ? 1 : 0,
          ),
        ];
      },
      dtypes: EVERY,
      *cases(dtype) {
        for (const rows of [0, 1, 3, 7, 33]) {
          for (const columns of [0, 1, 3, 17]) {
            yield { op: { name: "eye", rows, columns, dtype }, inputs: [] };
          }
        }
      },
      tolerance: exact,
      smooth: null,
    },
    tril: triangle("tril", (distance) => distance <= 0, function* (dtype) {
      yield {
        op: { name: "tril", diagonal: 1 },
        inputs: [operand([2, 3, 4], dtype, "dense", plain)],
      };
    }),
    triu: triangle("triu", (distance) => distance >= 0, function* (dtype) {
      yield {
        op: { name: "triu", diagonal: -1 },
        inputs: [operand([4, 3], dtype, "transposed", plain)],
      };
    }),
  };
