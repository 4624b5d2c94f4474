/**
 * Operations along one dim: functions of a line of numbers, applied to each
 * line of the tensor.
 *
 * @module
 */
import { type DType, isFloating } from "@tenfold/core";
import type { AlongOp, ArgOp } from "@tenfold/core/backend";
import { infer } from "@tenfold/core/internal";
import { common, type Draw, EDGES, plain, ties, wrapping } from "../values.ts";
import { exact, extentAlong, ofSizes, walk } from "./allow.ts";
import { EVERY, LAYOUT_CYCLE, lines, operand, specialLines } from "./cases.ts";
import type { Case, Meaning, Spec, SpecFamily, ToleranceRule } from "./spec.ts";
import {
  element,
  fit,
  flatIndex,
  type Plain,
  positions,
  withDim,
} from "./plain.ts";
import { reduceWith, total } from "./reduce.ts";
import { ending, loopOf, type Trials } from "./trial.ts";

/** Replaces each line along a dim by what `of` makes of it. */
export function along(
  x: Plain,
  dim: number,
  dtype: DType,
  of: (line: readonly number[]) => readonly number[],
): Plain {
  // A 0-d tensor is one line of one element.
  const shape = x.shape.length === 0 ? [1] : x.shape;
  const whole = { ...x, shape };
  const data: number[] = new Array(x.data.length);
  const length = shape[dim]!;
  const starts = positions(withDim(shape, dim, Math.min(1, length)));
  for (const start of starts) {
    const places = Array.from({ length }, (_, i) => withDim(start, dim, i));
    of(places.map((place) => element(whole, place))).forEach((value, i) => {
      data[flatIndex(shape, places[i]!)] = fit(dtype, value);
    });
  }
  return { shape: x.shape, dtype, data };
}

/** A line from a line; for int32 every step wraps. */
type Line = (line: readonly number[], wraps: boolean) => readonly number[];

const replacing = (of: Line): Meaning<AlongOp> => (op, [x]) => {
  const { dtype } = infer(op, [x!])[0]!;
  return [along(x!, op.dim, dtype, (line) => of(line, dtype === "int32"))];
};

/** Lines along each dim, and of a 0-d operand. */
function* smoothLines(
  name: AlongOp["name"],
  dtype: DType,
): Iterable<Case<AlongOp>> {
  for (const dim of [0, 1, 2]) {
    yield {
      op: { name, dim },
      inputs: [operand([2, 3, 2], dtype, LAYOUT_CYCLE[dim], plain)],
    };
  }
  yield { op: { name, dim: 0 }, inputs: [operand([], dtype, "dense", plain)] };
}

/** The spec of a primitive that replaces each line along a dim. */
const replaces = (
  name: AlongOp["name"],
  of: Line,
  tolerance: ToleranceRule<AlongOp>,
  drawOf: (dtype: DType) => Draw = () => common,
): Spec<AlongOp> => ({
  meaning: replacing(of),
  dtypes: EVERY,
  *cases(dtype) {
    for (const { shape, dim, layout } of lines()) {
      yield {
        op: { name, dim },
        inputs: [operand(shape, dtype, layout, drawOf(dtype))],
      };
    }
    if (isFloating(dtype)) {
      yield { op: { name, dim: 1 }, inputs: [specialLines(dtype)] };
    }
  },
  tolerance,
  smooth: (dtype) => smoothLines(name, dtype),
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

/** The spec of the position of an extreme. */
const position = (
  name: ArgOp["name"],
  before: (a: number, b: number) => boolean,
): Spec<ArgOp> => ({
  meaning: (op, [x]) =>
    reduceWith(
      { dims: [op.dim], keepDim: op.keepDim },
      x!,
      infer(op, [x!])[0]!,
      (values) => first(values, before),
    ),
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
  tolerance: exact,
  smooth: null,
});

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

function cumprod(line: readonly number[], wraps: boolean): number[] {
  let product = 1;
  return line.map((x) => product = wraps ? Math.imul(product, x) : product * x);
}

/** Near 1 but for some zeros, so that long products stay in range. */
const factor: Draw = (random, dtype) =>
  random.chance(0.05) || dtype === "bool"
    ? random.whole(0, 1)
    : random.between(0.97, 1.03) * random.pick([1, -1]);

function cumsum(line: readonly number[], wraps: boolean): number[] {
  let sum = 0;
  return line.map((x) => sum = wraps ? (sum + x) | 0 : sum + x);
}

/** The distance of the largest finite value from the smallest. */
function rangeOf(x: Plain): number {
  const finite = x.data.filter(Number.isFinite);
  return finite.length === 0 ? 0 : Math.max(...finite) - Math.min(...finite);
}

/** The operations that replace each line along a dim. */
const LINES: SpecFamily<AlongOp> = {
  softmax: replaces("softmax", softmax, (op, [x]) => ({
    epsilons: 16 + walk(extentAlong(op, x!)) + Math.min(100, rangeOf(x!)),
  })),
  logSoftmax: replaces("logSoftmax", logSoftmax, (op, [x], [result]) => ({
    epsilons: 16 + walk(extentAlong(op, x!)),
    scale: result!.data.map((y) => 1 + Math.abs(y)),
  })),
  cumsum: replaces(
    "cumsum",
    cumsum,
    (op, inputs) =>
      ofSizes(replacing(cumsum), op, inputs, extentAlong(op, inputs[0]!)),
    (dtype) => dtype === "int32" ? wrapping : common,
  ),
  cumprod: {
    ...replaces(
      "cumprod",
      cumprod,
      (op, [x]) => ({ epsilons: 4 + extentAlong(op, x!) }),
      (dtype) => dtype === "int32" ? wrapping : factor,
    ),
    *smooth(dtype) {
      yield* smoothLines("cumprod", dtype);
      // One zero, and two.
      for (const line of [[0.5, 0, -2, 3], [0, 2, 0, -1.5]]) {
        const inputs = [operand([4], dtype, "dense", line)];
        yield { op: { name: "cumprod", dim: 0 }, inputs };
      }
    },
  },
};

/** Their names. */
export const LINE_NAMES: readonly AlongOp["name"][] = Object.keys(
  LINES,
) as AlongOp["name"][];

/** The specs of the operations along a dim. */
export const ALONG_SPECS: SpecFamily<AlongOp | ArgOp> = {
  ...LINES,
  argmax: position("argmax", (a, b) => a > b),
  argmin: position("argmin", (a, b) => a < b),
};

/** Its routine works in the dtypes that the op leaves as they are. */
const line = (name: AlongOp["name"]): Trials => ({
  dtypes: EVERY.filter((dtype) =>
    infer({ name, dim: 0 }, [{ shape: [1], dtype }])[0]!.dtype === dtype
  ),
  trial(maker, dtype) {
    const shape = loopOf(maker.random);
    const x = maker.input(shape, dtype);
    return {
      name,
      shape,
      outputs: [maker.output(shape, dtype)],
      inputs: [x],
      scalars: [],
      op: { name, dim: shape.length - 1 },
      plains: [maker.plain(x, dtype)],
    };
  },
});

const extreme = (name: ArgOp["name"]): Trials => ({
  dtypes: EVERY,
  trial(maker, dtype) {
    const shape = loopOf(maker.random);
    const out = maker.output(ending(shape, 1), "int32");
    const x = maker.input(shape, dtype, ties);
    return {
      name,
      shape,
      outputs: [out],
      inputs: [x],
      scalars: [],
      op: { name, dim: shape.length - 1, keepDim: true },
      plains: [maker.plain(x, dtype)],
    };
  },
});

/** The trials of their routines. */
export const ALONG_TRIALS: {
  readonly [N in (AlongOp | ArgOp)["name"]]: Trials;
} = {
  ...Object.fromEntries(
    LINE_NAMES.map((name) => [name, line(name)]),
  ) as { [N in AlongOp["name"]]: Trials },
  argmax: extreme("argmax"),
  argmin: extreme("argmin"),
};
