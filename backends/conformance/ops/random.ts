/**
 * Random numbers: an element is a function of the key and of its place.
 *
 * @module
 */
import { type DType, isFloating, type Shape } from "@tenfold/core";
import {
  computeDType,
  type DropoutOp,
  erfc,
  floatOf,
  type RandomOp,
  threefry,
} from "@tenfold/core/backend";
import { ALL_LAYOUTS } from "../layout.ts";
import { EXACT } from "../scalar_tolerance.ts";
import { common, plain } from "../values.ts";
import { epsilons } from "./allow.ts";
import { BLOCKS, EVERY, NUMBERS, operand, VECTORS } from "./cases.ts";
import type { SpecFamily } from "./spec.ts";
import { fit, flatIndex, generate } from "./plain.ts";

/** The 32 bits of a position, as an unsigned number. */
function bitsAt(key: readonly [number, number], position: number): number {
  return threefry(key[0], key[1], position, 0) >>> 0;
}

/** The upper bits as a number from [0, 1). */
function unitAt(
  key: readonly [number, number],
  position: number,
  digits = 24,
): number {
  return Math.floor(bitsAt(key, position) / 2 ** (32 - digits)) / 2 ** digits;
}

/** z with Φ(z) = p, by bisection; p from (0, 1). */
function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  let [low, high] = [-8, 0];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (erfc(-middle * Math.SQRT1_2) / 2 < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const KEYS: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, -1],
  [0x13198A2E, 0x03707344],
  [-2147483648, 2147483647],
];

const SHAPES: readonly Shape[] = [...VECTORS, ...BLOCKS, [2053]];

/** The specs of what draws numbers. */
export const RANDOM_SPECS: SpecFamily<RandomOp | DropoutOp> = {
  random: {
    meaning(op) {
      const at = (i: number): number => {
        switch (op.distribution) {
          case "uniform":
            return op.low +
              unitAt(op.key, i, op.dtype === "float16" ? 11 : 24) *
                (op.high - op.low);
          case "normal": {
            const p = (Math.floor(bitsAt(op.key, i) / 2 ** 9) + 0.5) / 2 ** 23;
            return op.low + normalQuantile(p) * op.high;
          }
          case "integer":
            return op.low +
              Math.floor(bitsAt(op.key, i) / 2) % (op.high - op.low);
        }
      };
      return [
        generate(
          op.shape,
          op.dtype,
          (position) => at(flatIndex(op.shape, position)),
        ),
      ];
    },
    dtypes: NUMBERS,
    *cases(dtype) {
      const ranges: readonly (readonly [
        RandomOp["distribution"],
        number,
        number,
      ])[] = isFloating(dtype)
        ? [
          ["uniform", 0, 1],
          ["uniform", -2.5, 3],
          ["normal", 0, 1],
          ["normal", 10, 0.5],
          ["integer", -3, 9],
        ]
        : [
          ["integer", 0, 2],
          ["integer", -3, 9],
          ["integer", -(2 ** 30), 2 ** 30 - 1],
        ];
      for (const [distribution, low, high] of ranges) {
        for (const key of KEYS) {
          for (const shape of SHAPES) {
            yield {
              op: {
                name: "random",
                distribution,
                key,
                low,
                high,
                shape,
                dtype,
              },
              inputs: [],
            };
          }
        }
      }
    },
    tolerance: ({ distribution, low, high }) => {
      if (distribution === "integer") return EXACT;
      const scale = Math.abs(low) + Math.abs(high);
      // The quantile of the normal distribution is one for single precision.
      if (distribution === "normal") {
        return { epsilons: 8, scale, relative: 2e-6 };
      }
      return low === 0 && high === 1 ? EXACT : { epsilons: 2, scale };
    },
    smooth: null,
  },
  dropout: {
    /** Element i falls out where its number is < p. */
    meaning(op, [x]) {
      const dtype: DType = floatOf(x!.dtype);
      const p = fit(computeDType(dtype), op.p);
      return [{
        shape: x!.shape,
        dtype,
        data: x!.data.map((value, i) =>
          unitAt(op.key, i) < p ? 0 : fit(dtype, fit(dtype, value) / (1 - op.p))
        ),
      }];
    },
    dtypes: EVERY,
    *cases(dtype) {
      for (const p of [0, 0.1, 0.5, 0.9, 1]) {
        for (const key of KEYS.slice(1)) {
          for (const shape of SHAPES) {
            for (const layout of ALL_LAYOUTS) {
              if (key !== KEYS[1] && layout !== "dense") continue;
              yield {
                op: { name: "dropout", p, key },
                inputs: [operand(shape, dtype, layout, common)],
              };
            }
          }
        }
      }
    },
    tolerance: epsilons(4),
    *smooth(dtype) {
      yield {
        op: { name: "dropout", p: 0.4, key: [3, 4] },
        inputs: [operand([3, 4], dtype, "transposed", plain)],
      };
    },
  },
};
