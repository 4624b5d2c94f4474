/**
 * Algorithms that go from one element to the next along the last dim, which
 * core computes itself.
 *
 * @module
 */
import type { LinesOp } from "@tenfold/core/backend";
import { addFourier } from "@tenfold/core/program";
import { common, plain, ties } from "../values.ts";
import { along } from "./along.ts";
import { EVERY, operand, rotated } from "./cases.ts";
import type { Plain } from "./plain.ts";
import type { Case, SpecFamily } from "./spec.ts";

addFourier();

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

/** The sum over all pairs of a line, each rotated; `sign` is that of the angle. */
const pairs = (sign: number) => (line: readonly number[]): number[] => {
  const n = line.length / 2;
  return line.map((_, at) => {
    const k = at >> 1;
    let sum = 0;
    for (let j = 0; j < n; j++) {
      const angle = sign * 2 * Math.PI * ((j * k) % n) / n;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      const [re, im] = [line[2 * j]!, line[2 * j + 1]!];
      sum += at % 2 === 0 ? re * c - im * s : re * s + im * c;
    }
    return sum;
  });
};

/** The weight of a pair: the first and the last of a half count once. */
const weightOf = (k: number, n: number, weight: number) =>
  k === 0 || 2 * k === n ? 1 : weight;

const toPairs = (weight: number) => (line: readonly number[]): number[] => {
  const n = line.length - 2;
  return line.map((_, at) => {
    const k = at >> 1;
    let sum = 0;
    for (let j = 0; j < n; j++) {
      const angle = -2 * Math.PI * ((j * k) % n) / n;
      sum += line[j]! * (at % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
    }
    const edge = at % 2 === 1 && weightOf(k, n, 2) === 1;
    return edge ? 0 : sum * weightOf(k, n, weight);
  });
};

const fromPairs = (weight: number) => (line: readonly number[]): number[] => {
  const n = line.length - 2;
  return line.map((_, j) => {
    if (j >= n) return 0;
    let sum = 0;
    for (let k = 0; 2 * k <= n; k++) {
      const angle = 2 * Math.PI * ((j * k) % n) / n;
      const [re, im] = [line[2 * k]!, line[2 * k + 1]!];
      const rotated = weightOf(k, n, 2) === 1
        ? re * Math.cos(angle)
        : re * Math.cos(angle) - im * Math.sin(angle);
      sum += rotated * weightOf(k, n, weight);
    }
    return sum;
  });
};

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
  dft: pairs(-1),
  idft: pairs(1),
  rdft: toPairs(1),
  rdftTransposed: fromPairs(1),
  irdft: fromPairs(2),
  irdftTransposed: toPairs(2),
};

const TRANSFORMS = [
  "dft",
  "idft",
  "rdft",
  "rdftTransposed",
  "irdft",
  "irdftTransposed",
] as const;

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
      const finds = algorithm === "cumargmax" || algorithm === "cumargmin";
      const dtype = finds ? "int32" : x!.dtype;
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
      if (!floats) return;
      // Each kind of factor, large primes, and two real numbers.
      for (
        const shape of [[4], [2, 0], [3, 18], [2, 2, 62], [84], [2, 94], [130]]
      ) {
        for (const algorithm of TRANSFORMS) {
          const x = operand(shape, dtype, rotated(l++), plain);
          yield { op: op(algorithm), inputs: [x] };
        }
      }
    },
    tolerance({ algorithm }, [x]) {
      if (!TRANSFORMS.some((name) => name === algorithm)) {
        return { epsilons: 64 };
      }
      const most = Math.max(0, ...x!.data.map(Math.abs));
      return { epsilons: 8, scale: 2 * most * (x!.shape.at(-1) ?? 1) };
    },
    *smooth(dtype): Iterable<Case<LinesOp>> {
      for (const shape of [[1], [4], [2, 3]]) {
        const x = () => operand(shape, dtype, "dense", plain);
        yield { op: op("logcumsumexp"), inputs: [x()] };
        yield { op: op("recurrence"), inputs: [x(), x()] };
      }
      for (const algorithm of TRANSFORMS) {
        const x = operand([2, 8], dtype, "dense", plain);
        yield { op: op(algorithm), inputs: [x] };
      }
    },
  },
};
