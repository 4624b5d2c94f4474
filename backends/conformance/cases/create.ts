/**
 * Cases of creation without operands, and of random numbers.
 *
 * @module
 */
import { isFloating, type Shape } from "@tenfold/core";
import type {
  ArangeOp,
  DropoutOp,
  EyeOp,
  FullOp,
  RandomOp,
} from "@tenfold/core/backend";
import { ALL_LAYOUTS } from "../layout.ts";
import { common, EDGES } from "../values.ts";
import {
  BLOCKS,
  type CaseRow,
  EVERY,
  NUMBERS,
  operand,
  VECTORS,
} from "./case.ts";

/** The cases of `full`. */
export const fullRow: CaseRow<FullOp> = {
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
};

/** The cases of `arange`. */
export const arangeRow: CaseRow<ArangeOp> = {
  dtypes: NUMBERS,
  *cases(dtype) {
    const whole = [[0, 1], [5, -2], [-7, 3], [2147483600, 1]] as const;
    const broken = [[0, 0.1], [1.5, -0.25], [-1e10, 1e9]] as const;
    for (const length of [0, 1, 3, 7, 17, 33, 1031]) {
      for (
        const [start, step] of isFloating(dtype) ? [...whole, ...broken] : whole
      ) {
        yield {
          op: { name: "arange", start, step, length, dtype },
          inputs: [],
        };
      }
    }
  },
};

/** The cases of `eye`. */
export const eyeRow: CaseRow<EyeOp> = {
  dtypes: EVERY,
  *cases(dtype) {
    for (const rows of [0, 1, 3, 7, 33]) {
      for (const columns of [0, 1, 3, 17]) {
        yield { op: { name: "eye", rows, columns, dtype }, inputs: [] };
      }
    }
  },
};

const KEYS: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, -1],
  [0x13198A2E, 0x03707344],
  [-2147483648, 2147483647],
];

const SHAPES: readonly Shape[] = [...VECTORS, ...BLOCKS, [2053]];

/** The cases of `random`. */
export const randomRow: CaseRow<RandomOp> = {
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
            op: { name: "random", distribution, key, low, high, shape, dtype },
            inputs: [],
          };
        }
      }
    }
  },
};

/** The cases of `dropout`. */
export const dropoutRow: CaseRow<DropoutOp> = {
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
};
