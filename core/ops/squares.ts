/**
 * The reductions of squares: the norm, whose squares may leave the range of the
 * dtype, and the variance, whose squares are those of distances.
 *
 * @module
 */
import {
  type ComputeDType,
  computeDType,
  type DType,
  type FloatDType,
  floatOf,
} from "../dtype.ts";
import {
  accumulator,
  arg,
  call,
  castExpr,
  constant,
  scalar,
} from "../expr/expr.ts";
import type { Launcher } from "../lower/launcher.ts";
import { castOf, programOf, shaped } from "../lower/parts.ts";
import { memoize, ReduceProgram } from "../lower/program.ts";
import type { Shape } from "../shape.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import { saving } from "./gradient.ts";
import type { Family } from "./primitive.ts";
import {
  computeExpr,
  countOf,
  floatExpr,
  inferReduced,
  kept,
  type ReduceDims,
  reducedShape,
  reduceKept,
  reducing,
} from "./reduce.ts";

/**
 * The root of the sum of squares over dims.
 *
 * @example Of each row
 * ```ts
 * import type { NormOp } from "@tenfold/core/backend";
 *
 * const op: NormOp = { name: "norm", dims: [1], keepDim: false };
 * ```
 */
export interface NormOp extends ReduceDims {
  /** Marks the primitive. */
  readonly name: "norm";
}

/**
 * Variance over dims, divided by `count - correction`.
 *
 * @example Of each row, unbiased
 * ```ts
 * import type { VarianceOp } from "@tenfold/core/backend";
 *
 * const op: VarianceOp = {
 *   name: "variance",
 *   dims: [1],
 *   keepDim: false,
 *   correction: 1,
 * };
 * ```
 */
export interface VarianceOp extends ReduceDims {
  /** Marks the primitive. */
  readonly name: "variance";
  /** What is subtracted from the count of elements. */
  readonly correction: number;
}

const largest = reducing((x) => call("abs", floatExpr(x)), "max");

/**
 * From where on squares may overflow or underflow, and what brings them back:
 * powers of two, so that nothing is rounded and usual numbers stay as they are.
 */
const SQUARES: {
  readonly [D in FloatDType & ComputeDType]: {
    readonly large: number;
    readonly scale: number;
  };
} = {
  float32: { large: 2 ** 45, scale: 2 ** 90 },
  float64: { large: 2 ** 400, scale: 2 ** 700 },
};

/** Input x of fewer digits: the root of its squares, which `wide` has room for. */
const wideNorm = (wide: DType) =>
  reducing(
    (x) => {
      const value = castExpr(floatExpr(x), wide);
      return call("mul", value, value);
    },
    "sum",
    (sum, dtype) => castExpr(call("sqrt", sum), floatOf(dtype)),
  );
const doubleNorm = wideNorm("float64");
const singleNorm = wideNorm("float32");

/** What squares are scaled by, from the largest distance from 0. */
const squareScale = programOf(1, (top) => {
  const { dtype } = top!;
  const { large, scale } = SQUARES[dtype as FloatDType & ComputeDType];
  const number = (value: number) => constant(value, dtype);
  return call(
    "select",
    call("gt", top!, number(large)),
    number(1 / scale),
    call(
      "select",
      call("lt", top!, number(1 / large)),
      number(scale),
      number(1),
    ),
  );
});

/** Inputs x and the scale of squares: the root of summed squares. */
const euclidean = memoize((dtype: DType) => {
  const scale = arg(1, floatOf(dtype));
  const value = call("mul", floatExpr(arg(0, dtype)), scale);
  return new ReduceProgram(
    [dtype, scale.dtype],
    call("mul", value, value),
    "sum",
    call("div", call("sqrt", accumulator(scale.dtype)), scale),
    0,
  );
});

/**
 * A norm whose squares neither overflow nor underflow: in float64 where the
 * backend has it, of float16 in float32, else by the largest element, which
 * gives a scale.
 */
function norm(x: Value, dims: readonly number[], run: Launcher): Value {
  const { shape, dtype } = x;
  if (floatOf(dtype) !== "float64" && run.backend.dtypes.includes("float64")) {
    return run.reduce(doubleNorm(dtype), shape, dims, [x]);
  }
  if (dtype === "float16") {
    return run.reduce(singleNorm(dtype), shape, dims, [x]);
  }
  const top = shaped(
    run.reduce(largest(dtype), shape, dims, [x]),
    reducedShape(shape, dims, true),
  );
  const scale = run.map(squareScale(top.dtype), top.shape, [top]);
  const out = run.reduce(euclidean(dtype), shape, dims, [x, scale]);
  top.release();
  scale.release();
  return out;
}

/** An element so large that distances from it could overflow. */
const FAR = 2 ** 100;

/**
 * Inputs x and one of its elements: the mean, of float16 in float32, by way of the distances from that.
 * Where numbers lie close together, far from 0, a sum of the numbers themselves
 * loses the digits in which they differ.
 */
const shiftedMean = memoize((dtype: DType) => {
  const first = computeExpr(arg(1, dtype));
  const shift = call(
    "select",
    // False for NaN and the infinities.
    call("lt", call("abs", first), constant(FAR, first.dtype)),
    first,
    constant(0, first.dtype),
  );
  const sum = accumulator(first.dtype);
  return new ReduceProgram(
    [dtype, dtype],
    call("sub", computeExpr(arg(0, dtype)), shift),
    "sum",
    call("add", call("div", sum, scalar(0, first.dtype)), shift),
    1,
  );
});

/** The mean over dims, kept as 1, close to every element where all are close. */
function centerOf(x: Value, dims: readonly number[], run: Launcher): Value {
  const count = countOf(x.shape, dims);
  if (count === 0) {
    const none = reduceKept("mean", x, dims, run);
    const mean = castOf(none, computeDType(none.dtype), run);
    none.release();
    return mean;
  }
  const { offset, strides } = x.view;
  const shape = reducedShape(x.shape, dims, true);
  const first = x.alias(new View(shape, strides, offset));
  const program = shiftedMean(x.dtype);
  const mean = run.reduce(program, x.shape, dims, [x, first], [count]);
  first.release();
  return shaped(mean, shape);
}

/** Inputs x and its mean: the sum of squared distances over a divisor. */
const centered = memoize((dtype: DType) => {
  const x = computeExpr(arg(0, dtype));
  const mean = arg(1, x.dtype);
  const distance = call("sub", x, mean);
  return new ReduceProgram(
    [dtype, mean.dtype],
    call("mul", distance, distance),
    "sum",
    castExpr(
      call("div", accumulator(mean.dtype), scalar(0, mean.dtype)),
      floatOf(dtype),
    ),
    1,
  );
});

/** What the sum of squared distances is divided by. */
const divisorOf = ({ dims, correction }: VarianceOp, shape: Shape): number =>
  Math.max(0, countOf(shape, dims) - correction);

/** Every reduction of squares. */
export const SQUARE: Family<NormOp | VarianceOp> = {
  norm: {
    infer: inferReduced(floatOf),
    lower: ({ dims }, [x], run, [result]) =>
      shaped(norm(x!, dims, run), result!.shape),
    gradient: [
      saving([0, "output"], (g, c) => {
        // Of zeros the gradient is 0, and so is what it is differentiated to.
        const y = kept(c.output(), c);
        return c.operand(0).mul(kept(g, c).div(y.where(y.ne(0), Infinity)));
      }),
    ],
  },
  variance: {
    infer: inferReduced(floatOf),
    lower(op, [x], run, [result]) {
      const { shape, dtype } = x!;
      const mean = centerOf(x!, op.dims, run);
      const out = run.reduce(centered(dtype), shape, op.dims, [x!, mean], [
        divisorOf(op, shape),
      ]);
      mean.release();
      return shaped(out, result!.shape);
    },
    gradient: [
      saving([0], (g, c) => {
        const x = c.operand(0);
        const mean = x.mean(c.op.dims, { keepDim: true });
        const divisor = divisorOf(c.op, x.shape);
        return x.sub(mean).mul(kept(g, c).mul(2 / divisor));
      }),
    ],
  },
};
