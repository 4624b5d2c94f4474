/**
 * The tolerance of each primitive, as a table keyed by name. A missing row is a
 * compile error.
 *
 * A sum of n rounded terms is off by a random walk: 2 √n + 8 epsilons of the
 * sum of the terms' sizes hold it, whatever the order of the additions.
 *
 * @module
 */
import { type DType, isFloating } from "@tenfold/core";
import {
  ELEMENTWISE,
  type ElementwiseName,
  type ElementwiseOp,
  type Op,
  type OpName,
  type OpOf,
} from "@tenfold/core/backend";
import { fold, type Plain, reference } from "./reference/mod.ts";
import { DIGITS, type Tolerance } from "./compare.ts";
import { ALONG } from "./ops/along.ts";
import { ELEMENTWISE_SPECS } from "./ops/elementwise.ts";
import {
  column,
  extentAlong,
  sizes,
  type ToleranceRule,
  walk,
} from "./ops/spec.ts";
import { EQUAL, EXACT } from "./scalar_tolerance.ts";

const exact = () => EXACT;
const equal = () => EQUAL;
const epsilons = (epsilons: number, rest: Partial<Tolerance> = {}) => () => ({
  epsilons,
  ...rest,
});

/** Errors relative to what the op gives for the operands' sizes. */
function ofSizes(op: Op, inputs: readonly Plain[], count: number): Tolerance {
  const [scale] = reference(op, sizes(inputs));
  return { epsilons: walk(count), scale: scale!.data };
}

/** The number of elements of x that are reduced to one of the result. */
function countOf(
  { dims }: { readonly dims: readonly number[] },
  x: Plain,
): number {
  return dims.reduce((n, d) => n * x.shape[d]!, 1);
}

const summed = <O extends Op & { readonly dims: readonly number[] }>(
  op: O,
  inputs: readonly Plain[],
): Tolerance => ofSizes(op, inputs, countOf(op, inputs[0]!));

const elementwise = Object.fromEntries(
  Object.entries(ELEMENTWISE_SPECS).map((
    [name, { tolerance }],
  ) => [name, tolerance]),
) as { readonly [N in ElementwiseName]: ToleranceRule<ElementwiseOp> };

/** The tolerance of each primitive. */
const TOLERANCE: { readonly [N in OpName]: ToleranceRule<OpOf<N>> } = {
  ...elementwise,
  cast: exact,
  copy: exact,
  sum: summed,
  mean: summed,
  prod: (op, [x]) => ({ epsilons: 4 + countOf(op, x!) }),
  max: equal,
  min: equal,
  any: exact,
  all: exact,
  norm: (op, [x]) => ({ epsilons: walk(countOf(op, x!)) }),
  variance: (op, [x], [result]) => ({
    epsilons: walk(countOf(op, x!)),
    // Each distance from the mean carries the rounding of the number itself,
    // and that of the mean, which remains where the distance is nothing.
    scale: fold(
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
  logsumexp: (op, [x], [result]) => ({
    epsilons: 16 + walk(countOf(op, x!)),
    scale: result!.data.map((y) => 1 + Math.abs(y)),
  }),
  ...column(ALONG, "tolerance"),
  sort: exact,
  reshape: exact,
  permute: exact,
  expand: exact,
  slice: exact,
  unfold: exact,
  diagonal: exact,
  embed: exact,
  embedSum: (op, inputs) => ofSizes(op, inputs, inputs.length),
  cat: exact,
  full: exact,
  arange: ({ start, step, length }) => ({
    epsilons: 2,
    scale: Math.abs(start) + Math.abs(step) * length,
  }),
  eye: exact,
  tril: exact,
  triu: exact,
  random: ({ distribution, low, high }) => {
    if (distribution === "integer") return EXACT;
    const scale = Math.abs(low) + Math.abs(high);
    // The quantile of the normal distribution is one for single precision.
    if (distribution === "normal") {
      return { epsilons: 8, scale, relative: 2e-6 };
    }
    return low === 0 && high === 1 ? EXACT : { epsilons: 2, scale };
  },
  dropout: epsilons(4),
  matmul: (op, inputs) => {
    const [a] = inputs;
    return ofSizes(op, inputs, a!.shape[a!.shape.length - 1]!);
  },
  linear: (op, inputs) => ofSizes(op, inputs, inputs[1]!.shape[1]!),
  conv2d: (op, inputs) => {
    const [, channels, kh, kw] = inputs[1]!.shape;
    return ofSizes(op, inputs, channels! * kh! * kw!);
  },
  conv2dInput: (op, inputs) => {
    const [outputs, , kh, kw] = inputs[1]!.shape;
    return ofSizes(op, inputs, outputs! / op.groups * kh! * kw!);
  },
  conv2dWeight: (op, inputs) => {
    const [n, , oh, ow] = inputs[1]!.shape;
    return ofSizes(op, inputs, n! * oh! * ow!);
  },
  maxPool2d: exact,
  gather: exact,
  scatterAdd: (op, inputs) => {
    const [x, index, src] = inputs;
    const [a, b] = sizes([x!, src!]);
    return ofSizes(op, [a!, index!, b!], extentAlong(op, index!));
  },
  map: exact,
  mapSum: exact,
  update: exact,
};

/** The tolerance of the results of an op. */
export function toleranceOf(
  op: Op,
  inputs: readonly Plain[],
  expected: readonly Plain[],
): Tolerance {
  // Integers and bools have no rounding to allow for.
  const floats = expected.some(({ dtype }: { dtype: DType }) =>
    isFloating(dtype)
  );
  if (!floats && !(op.name in ELEMENTWISE)) return EXACT;
  return (TOLERANCE[op.name] as ToleranceRule<Op>)(op, inputs, expected);
}
