/**
 * The operations along one dim: what they mean, their tolerance, their cases.
 *
 * @module
 */
import { type DType, isFloating } from "@tenfold/core";
import type { AlongOp, ArgOp } from "@tenfold/core/backend";
import { infer } from "@tenfold/core/internal";
import { type CaseRow, EVERY, operand } from "../cases/case.ts";
import { lines, specialLines } from "../cases/lines.ts";
import { LAYOUT_CYCLE, type Smooth } from "../cases/smooth_elementwise.ts";
import type { Meaning, Plain } from "../reference/plain.ts";
import { fold, overLines, total } from "../reference/reduce.ts";
import { EXACT } from "../scalar_tolerance.ts";
import { common, type Draw, EDGES, plain, ties, wrapping } from "../values.ts";
import {
  extentAlong,
  sizes,
  type Spec,
  type SpecFamily,
  type ToleranceRule,
  walk,
} from "./spec.ts";

/** What becomes of one line; the dtype is that of the result. */
type LineMeaning = (line: readonly number[], dtype: DType) => number[];

/** The meaning of an operation that replaces each line. */
const meaningOf = (of: LineMeaning): Meaning<AlongOp> => (op, [x]) => {
  const { dtype } = infer(op, [x!])[0]!;
  return [overLines(x!, op.dim, dtype, (line) => of(line, dtype))];
};

function softmax(line: readonly number[]): number[] {
  const top = Math.max(...line);
  const powers = line.map((x) => Math.exp(x - top));
  const sum = total(powers);
  return powers.map((p) => p / sum);
}

function logSoftmax(line: readonly number[]): number[] {
  const top = Math.max(...line);
  const log = Math.log(total(line.map((x) => Math.exp(x - top))));
  return line.map((x) => x - top - log);
}

const cumsum = meaningOf((line, dtype) => {
  let sum = 0;
  return line.map((x) => sum = dtype === "int32" ? (sum + x) | 0 : sum + x);
});

const cumprod = meaningOf((line, dtype) => {
  let product = 1;
  return line.map((x) =>
    product = dtype === "int32" ? Math.imul(product, x) : product * x
  );
});

/** Near 1 but for some zeros, so that long products stay in range. */
const factor: Draw = (random, dtype) =>
  random.chance(0.05) || dtype === "bool"
    ? random.whole(0, 1)
    : random.between(0.97, 1.03) * random.pick([1, -1]);

/** The cases of an operation that replaces each line. */
const casesOf = (
  name: AlongOp["name"],
  drawOf: (dtype: DType) => Draw = () => common,
): CaseRow<AlongOp> => ({
  dtypes: EVERY,
  *cases(dtype) {
    for (const { shape, dim, layout } of lines()) {
      const inputs = [operand(shape, dtype, layout, drawOf(dtype))];
      yield { op: { name, dim }, inputs };
    }
    if (isFloating(dtype)) {
      yield { op: { name, dim: 1 }, inputs: [specialLines(dtype)] };
    }
  },
});

const smoothOf = (name: AlongOp["name"]): Smooth<AlongOp> =>
  function* (dtype) {
    for (const dim of [0, 1, 2]) {
      yield {
        op: { name, dim },
        inputs: [operand([2, 3, 2], dtype, LAYOUT_CYCLE[dim], plain)],
      };
    }
    yield {
      op: { name, dim: 0 },
      inputs: [operand([], dtype, "dense", plain)],
    };
  };

/** The distance of the largest finite value from the smallest. */
function rangeOf(x: Plain): number {
  const finite = x.data.filter(Number.isFinite);
  return finite.length === 0 ? 0 : Math.max(...finite) - Math.min(...finite);
}

const logTolerance: ToleranceRule<AlongOp> = (op, [x], [result]) => ({
  epsilons: 16 + walk(extentAlong(op, x!)),
  scale: result!.data.map((y) => 1 + Math.abs(y)),
});

/** The first position whose value no other comes before; NaN comes first. */
function first(
  values: readonly number[],
  before: (a: number, b: number) => boolean,
): number {
  const nan = values.findIndex(Number.isNaN);
  if (nan >= 0) return nan;
  const best = values.reduce((a, b) => before(b, a) ? b : a);
  return values.indexOf(best);
}

/** The first position of the largest or smallest element. */
const position = (
  name: ArgOp["name"],
  before: (a: number, b: number) => boolean,
): Spec<ArgOp> => ({
  meaning: (op, [x]) =>
    fold(
      { dims: [op.dim], keepDim: op.keepDim },
      x!,
      infer(op, [x!])[0]!,
      (values) => first(values, before),
    ),
  tolerance: () => EXACT,
  cases: {
    dtypes: EVERY,
    *cases(dtype) {
      let keepDim = false;
      for (const { shape, dim, layout } of lines()) {
        if (shape[dim] === 0) continue;
        keepDim = !keepDim;
        yield {
          op: { name, dim, keepDim },
          inputs: [operand(shape, dtype, layout, ties)],
        };
      }
      const op = { name, dim: 1, keepDim: false };
      if (isFloating(dtype)) yield { op, inputs: [specialLines(dtype)] };
      const edges = EDGES[dtype];
      yield {
        op: { ...op, dim: 0 },
        inputs: [operand([edges.length], dtype, "dense", edges)],
      };
    },
  },
  smooth: null,
});

/** The operations that replace each line along a dim. */
const LINES: SpecFamily<AlongOp> = {
  softmax: {
    meaning: meaningOf(softmax),
    tolerance: (op, [x]) => ({
      epsilons: 16 + walk(extentAlong(op, x!)) + Math.min(100, rangeOf(x!)),
    }),
    cases: casesOf("softmax"),
    smooth: smoothOf("softmax"),
  },
  logSoftmax: {
    meaning: meaningOf(logSoftmax),
    tolerance: logTolerance,
    cases: casesOf("logSoftmax"),
    smooth: smoothOf("logSoftmax"),
  },
  cumsum: {
    meaning: cumsum,
    tolerance: (op, inputs) => ({
      epsilons: walk(extentAlong(op, inputs[0]!)),
      scale: cumsum(op, sizes(inputs))[0]!.data,
    }),
    cases: casesOf("cumsum", (dtype) => dtype === "int32" ? wrapping : common),
    smooth: smoothOf("cumsum"),
  },
  cumprod: {
    meaning: cumprod,
    tolerance: (op, [x]) => ({ epsilons: 4 + extentAlong(op, x!) }),
    cases: casesOf("cumprod", (dtype) => dtype === "int32" ? wrapping : factor),
    smooth: function* (dtype) {
      yield* smoothOf("cumprod")!(dtype);
      // One zero, and two.
      for (const line of [[0.5, 0, -2, 3], [0, 2, 0, -1.5]]) {
        const inputs = [operand([4], dtype, "dense", line)];
        yield { op: { name: "cumprod", dim: 0 }, inputs };
      }
    },
  },
};

/** Their names. */
export const LINE_NAMES = Object.keys(LINES) as readonly AlongOp["name"][];

/** Every operation along a dim. */
export const ALONG: SpecFamily<AlongOp | ArgOp> = {
  ...LINES,
  argmax: position("argmax", (a, b) => a > b),
  argmin: position("argmin", (a, b) => a < b),
};
