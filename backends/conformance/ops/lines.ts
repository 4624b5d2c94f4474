/**
 * Algorithms that go from one element to the next along the last dim, which
 * core computes itself.
 *
 * @module
 */
import { addLines, type LinesOp } from "@tenfold/core/backend";
import { common, plain, ties } from "../values.ts";
import { along } from "./along.ts";
import { EVERY, operand, rotated } from "./cases.ts";
import type { Plain } from "./plain.ts";
import type { Case, SpecFamily } from "./spec.ts";

addLines();

type Algorithm = LinesOp["algorithm"];

/** Each element by itself, out of all up to it. */
const upTo =
  (of: (head: readonly number[]) => number) => (line: readonly number[]) =>
    line.map((_, j) => of(line.slice(0, j + 1)));

/** Where the extreme is: the last of several, and the last NaN before all. */
const position = (least: boolean) =>
  upTo((head) => {
    const nan = head.findLastIndex(Number.isNaN);
    if (nan >= 0) return nan;
    return head.lastIndexOf(least ? Math.min(...head) : Math.max(...head));
  });

const MEANINGS: {
  readonly [N in Exclude<Algorithm, "recurrence">]: (
    line: readonly number[],
  ) => readonly number[];
} = {
  cumargmax: position(false),
  cumargmin: position(true),
  logcumsumexp: upTo((head) => {
    const most = Math.max(...head);
    if (!Number.isFinite(most)) return most;
    return most +
      Math.log(head.reduce((sum, x) => sum + Math.exp(x - most), 0));
  }),
};

function recurrence([a, b]: readonly Plain[]): Plain {
  const n = a!.shape.at(-1)!;
  const data: number[] = [];
  a!.data.forEach((value, i) => {
    data.push(i % n === 0 ? value : value + b!.data[i]! * data[i - 1]!);
  });
  return { ...a!, data };
}

const op = (algorithm: Algorithm): LinesOp => ({ name: "lines", algorithm });

/** Algorithms along lines. */
export const LINES_SPECS: SpecFamily<LinesOp> = {
  lines: {
    meaning(op, inputs) {
      const { algorithm } = op;
      if (algorithm === "recurrence") return [recurrence(inputs)];
      const [x] = inputs;
      const dtype = algorithm === "logcumsumexp" ? x!.dtype : "int32";
      return [along(x!, x!.shape.length - 1, dtype, MEANINGS[algorithm])];
    },
    onHost: true,
    dtypes: EVERY,
    *cases(dtype): Iterable<Case<LinesOp>> {
      const floats = dtype === "float64" || dtype === "float32";
      let l = 0;
      for (const shape of [[1], [7], [3, 5], [2, 3, 4], [0], [2, 0], [0, 3]]) {
        for (const algorithm of ["cumargmax", "cumargmin"] as const) {
          for (const draw of [common, ties]) {
            const x = operand(shape, dtype, rotated(l++), draw);
            yield { op: op(algorithm), inputs: [x] };
          }
        }
        if (!floats) continue;
        const x = () => operand(shape, dtype, rotated(l++), plain);
        yield { op: op("logcumsumexp"), inputs: [x()] };
        yield { op: op("recurrence"), inputs: [x(), x()] };
      }
    },
    tolerance: () => ({ epsilons: 64 }),
    *smooth(dtype): Iterable<Case<LinesOp>> {
      for (const shape of [[1], [4], [2, 3]]) {
        const x = () => operand(shape, dtype, "dense", plain);
        yield { op: op("logcumsumexp"), inputs: [x()] };
        yield { op: op("recurrence"), inputs: [x(), x()] };
      }
    },
  },
};
