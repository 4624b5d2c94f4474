/**
 * Reductions as programs: what is folded, how, and what becomes of the fold.
 *
 * @module
 */
import {
  type DType,
  DTYPES,
  type FloatDType,
  floatOf,
  numberOf,
} from "../dtype.ts";
import {
  accumulator,
  arg,
  call,
  castExpr,
  constant,
  type Expr,
  scalar,
} from "../expr.ts";
import { reducedShape } from "../infer.ts";
import type { Combine } from "../kernel.ts";
import type { LogSumExpOp, ReduceOp, VarianceOp } from "../op.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import type { Launcher } from "./launcher.ts";
import { MapProgram, memoize, ReduceProgram } from "./program.ts";

/** `value` under the shape that a reduction leaves, dims kept as 1 or not. */
function shaped(
  value: Value,
  from: readonly number[],
  dims: readonly number[],
  keepDim: boolean,
): Value {
  if (!keepDim) return value;
  const view = View.dense(reducedShape(from, dims, true));
  const out = value.alias(view);
  value.release();
  return out;
}

/** The program of a plain reduction of `dtype`. */
const plain: (name: ReduceOp["name"], dtype: DType) => ReduceProgram = memoize(
  (name, dtype) => reduceProgram(name as ReduceOp["name"], dtype as DType),
);

function reduceProgram(name: ReduceOp["name"], dtype: DType): ReduceProgram {
  const x = arg(0, dtype);
  const make = (
    element: Expr,
    combine: Combine,
    epilogue: (sum: Expr) => Expr = (sum) => sum,
    scalars = 0,
  ) =>
    new ReduceProgram(
      [dtype],
      element,
      combine,
      epilogue(accumulator(element.dtype)),
      scalars,
    );
  const summed = numberOf(dtype);
  const floating = floatOf(dtype);
  const wide = DTYPES[summed].accumulator;
  const wideFloat = DTYPES[floating].accumulator;
  const truth = castExpr(castExpr(x, "bool"), "int32");
  const backTo = (to: DType) => (value: Expr) => castExpr(value, to);
  switch (name) {
    case "sum":
      return make(castExpr(x, wide), "sum", backTo(summed));
    case "prod":
      return make(castExpr(x, wide), "prod", backTo(summed));
    case "max":
      return make(castExpr(x, wide), "max", backTo(dtype));
    case "min":
      return make(castExpr(x, wide), "min", backTo(dtype));
    case "any":
      return make(truth, "max", (top) => call("gt", top, constant(0, "int32")));
    case "all":
      return make(truth, "min", (low) => call("ne", low, constant(0, "int32")));
    case "mean":
      return make(
        castExpr(x, wideFloat),
        "sum",
        (sum) => castExpr(call("div", sum, scalar(0, wideFloat)), floating),
        1,
      );
    case "norm":
      return make(call("abs", castExpr(x, floating)), "max");
  }
}

/**
 * From where on squares may overflow or underflow, and what brings them back:
 * powers of two, so that nothing is rounded and usual numbers stay as they are.
 */
const SQUARES: {
  readonly [D in FloatDType]: {
    readonly large: number;
    readonly scale: number;
  };
} = {
  float32: { large: 2 ** 45, scale: 2 ** 90 },
  float64: { large: 2 ** 400, scale: 2 ** 700 },
};

/** Input x of fewer digits: the root of its squares, which float64 has room for. */
const wideNorm: (dtype: DType) => ReduceProgram = memoize((dtype) => {
  const value = castExpr(
    castExpr(arg(0, dtype as DType), floatOf(dtype as DType)),
    "float64",
  );
  return new ReduceProgram(
    [dtype as DType],
    call("mul", value, value),
    "sum",
    castExpr(
      call("sqrt", accumulator("float64")),
      floatOf(dtype as DType),
    ),
    0,
  );
});

/** What squares are scaled by, from the largest distance from 0. */
const squareScale: (dtype: DType) => MapProgram = memoize((dtype) => {
  const floating = dtype as DType;
  const { large, scale } = SQUARES[floating as FloatDType];
  const number = (value: number) => constant(value, floating);
  const top = arg(0, floating);
  return new MapProgram(
    [floating],
    [call(
      "select",
      call("gt", top, number(large)),
      number(1 / scale),
      call(
        "select",
        call("lt", top, number(1 / large)),
        number(scale),
        number(1),
      ),
    )],
    0,
  );
});

/** Inputs x and the scale of squares: the root of summed squares. */
const euclidean: (dtype: DType) => ReduceProgram = memoize((dtype) => {
  const floating = floatOf(dtype as DType);
  const scale = arg(1, floating);
  const value = call("mul", castExpr(arg(0, dtype as DType), floating), scale);
  return new ReduceProgram(
    [dtype as DType, floating],
    call("mul", value, value),
    "sum",
    call("div", call("sqrt", accumulator(floating)), scale),
    0,
  );
});

/**
 * Lowers a norm, so that its squares neither overflow nor underflow: in float64
 * where the backend has it, else by the largest element, which gives a scale.
 */
function lowerNorm(op: ReduceOp, x: Value, run: Launcher): Value {
  if (
    floatOf(x.dtype) !== "float64" && run.backend.dtypes.includes("float64")
  ) {
    const out = run.reduce(wideNorm(x.dtype), x.shape, op.dims, [x]);
    return shaped(out, x.shape, op.dims, op.keepDim);
  }
  const max = run.reduce(plain("norm", x.dtype), x.shape, op.dims, [x]);
  const top = shaped(max, x.shape, op.dims, true);
  const scale = run.map(squareScale(top.dtype), top.shape, [top]);
  const out = run.reduce(euclidean(x.dtype), x.shape, op.dims, [x, scale]);
  top.release();
  scale.release();
  return shaped(out, x.shape, op.dims, op.keepDim);
}

/** Elements that are folded into one. */
function countOf(shape: readonly number[], dims: readonly number[]): number {
  return dims.reduce((n, d) => n * shape[d]!, 1);
}

/** Lowers a plain reduction to one kernel, a norm to one or three. */
export function lowerReduce(
  op: ReduceOp,
  [x]: readonly Value[],
  run: Launcher,
): Value {
  if (op.name === "norm") return lowerNorm(op, x!, run);
  const scalars = op.name === "mean" ? [countOf(x!.shape, op.dims)] : [];
  const program = plain(op.name, x!.dtype);
  const out = run.reduce(program, x!.shape, op.dims, [x!], scalars);
  return shaped(out, x!.shape, op.dims, op.keepDim);
}

/** An element so large that distances from it could overflow. */
const FAR = 2 ** 100;

/**
 * Inputs x and one of its elements: the mean by way of the distances from that.
 * Where numbers lie close together, far from 0, a sum of the numbers themselves
 * loses the digits in which they differ.
 */
const shiftedMean: (dtype: DType) => ReduceProgram = memoize((dtype) => {
  const floating = floatOf(dtype as DType);
  const first = castExpr(arg(1, dtype as DType), floating);
  const shift = call(
    "select",
    // False for NaN and the infinities.
    call("lt", call("abs", first), constant(FAR, floating)),
    first,
    constant(0, floating),
  );
  return new ReduceProgram(
    [dtype as DType, dtype as DType],
    call("sub", castExpr(arg(0, dtype as DType), floating), shift),
    "sum",
    call(
      "add",
      call("div", accumulator(floating), scalar(0, floating)),
      shift,
    ),
    1,
  );
});

/** The mean over dims, kept as 1, close to every element where all are close. */
function centerOf(
  x: Value,
  dims: readonly number[],
  run: Launcher,
): Value {
  const count = countOf(x.shape, dims);
  if (count === 0) {
    return lowerReduce({ name: "mean", dims, keepDim: true }, [x], run);
  }
  const { offset, strides } = x.view;
  const first = x.alias(
    new View(reducedShape(x.shape, dims, true), strides, offset),
  );
  const mean = run.reduce(shiftedMean(x.dtype), x.shape, dims, [x, first], [
    count,
  ]);
  first.release();
  return shaped(mean, x.shape, dims, true);
}

/** Inputs x and its mean: the sum of squared distances over a divisor. */
const centered: (dtype: DType) => ReduceProgram = memoize((dtype) => {
  const floating = floatOf(dtype as DType);
  const distance = call(
    "sub",
    castExpr(arg(0, dtype as DType), floating),
    arg(1, floating),
  );
  return new ReduceProgram(
    [dtype as DType, floating],
    call("mul", distance, distance),
    "sum",
    call("div", accumulator(floating), scalar(0, floating)),
    1,
  );
});

/** Lowers a variance to two kernels: the mean, then the squared distances. */
export function lowerVariance(
  op: VarianceOp,
  [x]: readonly Value[],
  run: Launcher,
): Value {
  const mean = centerOf(x!, op.dims, run);
  const divisor = Math.max(0, countOf(x!.shape, op.dims) - op.correction);
  const out = run.reduce(
    centered(x!.dtype),
    x!.shape,
    op.dims,
    [x!, mean],
    [divisor],
  );
  mean.release();
  return shaped(out, x!.shape, op.dims, op.keepDim);
}

/** Inputs x and its largest element m: `log(sum(exp(x - m))) + m`. */
const logSumExp: (dtype: DType) => ReduceProgram = memoize((dtype) => {
  const floating = floatOf(dtype as DType);
  const top = castExpr(arg(1, dtype as DType), floating);
  // Infinite tops would give NaN differences.
  const shift = call(
    "select",
    call("isFinite", top),
    top,
    constant(0, floating),
  );
  const x = castExpr(arg(0, dtype as DType), floating);
  return new ReduceProgram(
    [dtype as DType, dtype as DType],
    call("exp", call("sub", x, shift)),
    "sum",
    call("add", call("log", accumulator(floating)), shift),
    0,
  );
});

/** Lowers a logsumexp to two kernels: the largest element, then the sum. */
export function lowerLogSumExp(
  op: LogSumExpOp,
  [x]: readonly Value[],
  run: Launcher,
): Value {
  const max = run.reduce(plain("max", x!.dtype), x!.shape, op.dims, [x!]);
  const top = shaped(max, x!.shape, op.dims, true);
  const out = run.reduce(logSumExp(x!.dtype), x!.shape, op.dims, [x!, top]);
  top.release();
  return shaped(out, x!.shape, op.dims, op.keepDim);
}
