/**
 * Operators that reduce dims.
 *
 * @module
 */
import { full, type Tensor } from "@tenfold/core";
import type { Call, Operator, Operators } from "../_call.ts";
import { isFloat, Type } from "../_element.ts";
import { reduceKnown } from "../_host.ts";
import { axisOf, ofTensor, type Value } from "../_value.ts";

type Reduce = (
  x: Tensor,
  dims: number[],
  options: { keepDim: boolean },
) => Tensor;

/** The version from which on axes are an input. */
const AXES_INPUT = 18;

/** The dims to reduce, or null where nothing is to be done. */
function dimsOf(call: Call, rank: number, inputSince: number): number[] | null {
  const axes = call.version < inputSince ? call.list("axes") : call.numbers(1);
  if (axes == null || axes.length === 0) {
    return call.attribute("noop_with_empty_axes", 0) === 1
      ? null
      : Array.from({ length: rank }, (_, d) => d);
  }
  return axes.map((axis) => axisOf(axis, rank));
}

function reduction(
  reduce: Reduce,
  {
    numbers,
    before = (x) => x,
    after = (x) => x,
    inputSince = AXES_INPUT,
  }: {
    numbers?: (values: ArrayLike<number>) => number;
    before?: (x: Tensor) => Tensor;
    after?: (x: Tensor) => Tensor;
    inputSince?: number;
  } = {},
): Operator {
  return {
    numbers: [1],
    run: (call) => {
      const x = call.tensor(0);
      const dims = dimsOf(call, x.ndim, inputSince);
      const keepDim = call.attribute("keepdims", 1) === 1;
      const inner = before(x);
      // Without dims each element is reduced by itself.
      const reduced = dims === null || x.ndim === 0
        ? reduce(inner.unsqueeze(-1), [x.ndim], { keepDim: false })
        : reduce(inner, dims, { keepDim });
      const out = after(reduced);
      return call.like(
        0,
        isFloat(call.value(0).type) ? out : out.cast(x.dtype),
      );
    },
    ...(numbers && {
      known: (call: Call, [x]) => {
        const dims = dimsOf(call, x!.shape.length, inputSince);
        return dims === null ? x! : reduceKnown(
          x!,
          x!.type,
          dims,
          call.attribute("keepdims", 1) === 1,
          numbers,
        );
      },
    } satisfies Partial<Operator>),
  };
}

const fold = (
  fn: (a: number, b: number) => number,
  start: number,
) =>
(values: ArrayLike<number>): number => Array.from(values).reduce(fn, start);

const add = (a: number, b: number) => a + b;
const sum: Reduce = (x, dims, options) => x.sum(dims, options);
const sumOf = fold(add, 0);

/** The largest or smallest, which of no elements is the least or the largest. */
function extreme(name: "max" | "min"): Reduce {
  return (x, dims, options) => {
    if (dims.every((d) => x.shape[d] !== 0)) return x[name](dims, options);
    const shape = options.keepDim
      ? x.shape.map((extent, d) => dims.includes(d) ? 1 : extent)
      : x.shape.filter((_, d) => !dims.includes(d));
    const { dtype, device } = x;
    const bounds = dtype === "bool"
      ? [0, 1]
      : dtype === "int32"
      ? [-(2 ** 31), 2 ** 31 - 1]
      : [-Infinity, Infinity];
    return full(shape, bounds[name === "max" ? 0 : 1]!, { dtype, device });
  };
}

/** The position of the largest or smallest element of an axis. */
function position(name: "argmax" | "argmin"): Operator {
  return {
    run: (call) => {
      const x = call.tensor(0);
      const axis = axisOf(call.attribute("axis", 0), x.ndim);
      const keepDim = call.attribute("keepdims", 1) === 1;
      const last = call.attribute("select_last_index", 0) === 1;
      const found = (last ? x.flip(axis) : x)[name](axis, { keepDim });
      const out = last ? found.neg().add(x.shape[axis]! - 1) : found;
      return ofTensor(out, Type.INT64);
    },
  };
}

/** Sums along an axis, of the elements before or up to each, from either end. */
function cumulative(call: Call): Value {
  const x = call.tensor(0);
  const axis = axisOf(call.number(1)!, x.ndim);
  const reverse = call.attribute("reverse", 0) === 1;
  const turned = reverse ? x.flip(axis) : x;
  let out = turned.cumsum(axis);
  if (call.attribute("exclusive", 0) === 1) {
    const lead = Array<number>(2 * (x.ndim - 1 - axis)).fill(0);
    out = out.narrow(axis, 0, x.shape[axis]! - 1).pad([...lead, 1, 0]);
  }
  return call.like(0, reverse ? out.flip(axis) : out);
}

/** The operators of this file. */
export const REDUCTION: Operators = {
  ReduceSum: reduction(sum, { numbers: sumOf, inputSince: 13 }),
  ReduceMean: reduction((x, dims, options) => x.mean(dims, options), {
    numbers: (values) => sumOf(values) / values.length,
  }),
  ReduceProd: reduction((x, dims, options) => x.prod(dims, options), {
    numbers: fold((a, b) => a * b, 1),
  }),
  ReduceMax: reduction(extreme("max"), {
    numbers: fold((a, b) => Math.max(a, b), -Infinity),
  }),
  ReduceMin: reduction(extreme("min"), {
    numbers: fold((a, b) => Math.min(a, b), Infinity),
  }),
  ReduceL1: reduction(sum, { before: (x) => x.abs() }),
  ReduceL2: reduction(sum, {
    before: (x) => x.square(),
    after: (x) => x.sqrt(),
  }),
  ReduceSumSquare: reduction(sum, { before: (x) => x.square() }),
  ReduceLogSum: reduction(sum, { after: (x) => x.log() }),
  ReduceLogSumExp: reduction((x, dims, options) => x.logsumexp(dims, options)),
  ArgMax: position("argmax"),
  ArgMin: position("argmin"),
  CumSum: { run: cumulative, since: 11, numbers: [1] },
};
