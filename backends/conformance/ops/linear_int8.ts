/**
 * Linear layers whose weights are integers of 8 bits.
 *
 * @module
 */
import type { Shape } from "@tenfold/core";
import type { LinearInt8Op } from "@tenfold/core/backend";
import { addLinearInt8, wordsOf } from "@tenfold/core/int8";
import { infer } from "@tenfold/core/internal";
import type { Layout } from "../layout.ts";
import type { Random } from "../random.ts";
import type { Operand } from "../session.ts";
import { common } from "../values.ts";
import { operand, rotated } from "./cases.ts";
import type { Case, Meaning, SpecFamily } from "./spec.ts";
import { fit, type Plain } from "./plain.ts";

addLinearInt8();

const round = Math.fround;

/** `q - zero` of each number of a row, and the step between them. */
function levelsOf(row: readonly number[]): { levels: number[]; step: number } {
  const low = Math.min(0, ...row);
  const high = Math.max(0, ...row);
  const whole = round(round(high / 127) - round(low / 127));
  const step = Number.isFinite(whole) ? whole : NaN;
  const inverse = step < 2 ** -126 ? 0 : round(1 / step);
  const even = (x: number) => {
    const down = Math.floor(x);
    const far = x - down;
    return far > 0.5 || (far === 0.5 && down % 2 !== 0) ? down + 1 : down;
  };
  const zero = even(round(-round(low * inverse)));
  const levels = row.map((x) => {
    const q = even(round(x * inverse)) + zero;
    return Math.min(127, Math.max(0, q)) - zero;
  });
  return { levels, step };
}

/** The integers in the words of a row. */
const bytesOf = (words: readonly number[]): number[] =>
  words.flatMap((word) =>
    [0, 8, 16, 24].map((bits) => word << 24 - bits >> 24)
  );

/** The results, and the sizes of the terms that add up to each. */
function products(
  op: LinearInt8Op,
  inputs: readonly Plain[],
): { result: Plain; sizes: number[] } {
  const [x, w, _, scales, bias] = inputs as [
    Plain,
    Plain,
    Plain,
    Plain,
    Plain?,
  ];
  const { shape, dtype } = infer(op, inputs)[0]!;
  const k = x.shape[x.shape.length - 1]!;
  const [n, words] = w.shape as [number, number];
  const rows = k === 0 ? shape.slice(0, -1).reduce((a, b) => a * b, 1) : 0;
  const data: number[] = [];
  const sizes: number[] = [];
  const count = rows || x.data.length / k || 0;
  for (let i = 0; i < count; i++) {
    const { levels, step } = levelsOf(x.data.slice(i * k, (i + 1) * k));
    for (let j = 0; j < n; j++) {
      const row = bytesOf(w.data.slice(j * words, (j + 1) * words));
      let sum = 0;
      levels.forEach((level, at) => sum += level * row[at]!);
      const product = sum * step * scales.data[j]!;
      const added = bias?.data[j] ?? 0;
      data.push(fit(dtype, product + added));
      sizes.push(Math.abs(product) + Math.abs(added));
    }
  }
  return { result: { shape, dtype, data }, sizes };
}

const meaning: Meaning<LinearInt8Op> = (op, inputs) => [
  products(op, inputs).result,
];

/** Random integers of 8 bits as words, their sums, and scales. */
function weights(
  n: number,
  k: number,
  layout: Layout,
  random: Random,
): Operand[] {
  const words: number[] = [];
  const sums: number[] = [];
  for (let j = 0; j < n; j++) {
    const row = Array.from(
      { length: 4 * wordsOf(k) },
      (_, i) => i >= k ? 0 : random.chance(0.1) ? 127 : random.whole(-127, 127),
    );
    sums.push(row.reduce((a, b) => a + b, 0));
    for (let i = 0; i < row.length; i += 4) {
      const [a, b, c, d] = row.slice(i, i + 4) as [
        number,
        number,
        number,
        number,
      ];
      words.push(a & 255 | (b & 255) << 8 | (c & 255) << 16 | d << 24);
    }
  }
  return [
    operand([n, wordsOf(k)], "int32", "dense", words),
    operand([n], "int32", "dense", sums),
    operand([n], "float32", layout, common),
  ];
}

const OP = { name: "linearInt8" } as const;

/** Rows of all kinds: of one sign, of zeros, tiny, huge, and not finite. */
const ROWS: readonly (readonly number[])[] = [
  [1, 2, 3, 4, 5],
  [-1, -2, -3, -4, -5],
  [0, 0, 0, 0, 0],
  [1e-44, -1e-44, 0, 1e-45, 0],
  [3e38, -3e38, 0, 1e38, 0],
  [1e-30, 1, -1, 0.25, 1e30],
  [1, NaN, 2, 3, 4],
  [1, Infinity, 2, 3, 4],
  [-Infinity, 1, 2, 3, 4],
  [127, -0.5, 63.3, 20.2, 0],
];

/** The specs of quantised linear layers. */
export const LINEAR_INT8_SPECS: SpecFamily<LinearInt8Op> = {
  linearInt8: {
    meaning,
    dtypes: ["float32"],
    *cases(_, random): Iterable<Case<LinearInt8Op>> {
      const shapes: readonly Shape[] = [
        [5],
        [1, 5],
        [7, 16],
        [33, 17],
        [2, 3, 5],
        [0, 5],
        [2, 0, 5],
        [3, 0],
        [10, 50],
        [3, 150],
      ];
      let l = 0;
      for (const shape of shapes) {
        const k = shape[shape.length - 1]!;
        for (const n of [0, 1, 3, 4, 17, 70]) {
          const [w, sums, scales] = weights(n, k, rotated(l), random) as [
            Operand,
            Operand,
            Operand,
          ];
          const x = operand(shape, "float32", rotated(l + 1), common);
          const bias = operand([n], "float32", rotated(l + 2), common);
          const inputs = [x, w, sums, scales];
          yield { op: OP, inputs: l % 2 === 0 ? [...inputs, bias] : inputs };
          l++;
        }
      }
      const x = operand([ROWS.length, 5], "float32", "dense", ROWS.flat());
      yield { op: OP, inputs: [x, ...weights(6, 5, "dense", random)] };
    },
    tolerance: (op, inputs) => ({
      epsilons: 8,
      scale: products(op, inputs).sizes,
    }),
    smooth: null,
  },
};
