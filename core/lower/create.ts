/**
 * Tensors out of nothing: map kernels over the position, without inputs.
 *
 * @module
 */
import { type DType, floatOf } from "../dtype.ts";
import {
  arg,
  call,
  castExpr,
  constant,
  type Expr,
  indexAlong,
  scalar,
} from "../expr.ts";
import type {
  ArangeOp,
  DropoutOp,
  EyeOp,
  FullOp,
  RandomOp,
  TriangleOp,
} from "../op.ts";
import { currentRecording } from "../program/recording.ts";
import { sizeOf } from "../shape.ts";
import { Value } from "../value.ts";
import { View } from "../view.ts";
import { castProgram } from "./elementwise.ts";
import type { Launcher } from "./launcher.ts";
import { MapProgram, memoize } from "./program.ts";

const full: (dtype: DType) => MapProgram = memoize((dtype) =>
  new MapProgram([], [scalar(0, dtype as DType)], 1)
);

/** Lowers `full` to a map without inputs. */
export function lowerFull(op: FullOp, run: Launcher): Value {
  return run.map(full(op.dtype), op.shape, [], [op.value]);
}

const arange: (dtype: DType) => MapProgram = memoize((dtype) => {
  const type = dtype as DType;
  const steps = call(
    "mul",
    castExpr(indexAlong(0), type),
    scalar(1, type),
  );
  return new MapProgram([], [call("add", scalar(0, type), steps)], 2);
});

/** Lowers `arange` to a map over the index. */
export function lowerArange(op: ArangeOp, run: Launcher): Value {
  return run.map(arange(op.dtype), [op.length], [], [op.start, op.step]);
}

const eye: (dtype: DType) => MapProgram = memoize((dtype) =>
  new MapProgram([], [
    castExpr(call("eq", indexAlong(0), indexAlong(1)), dtype as DType),
  ], 0)
);

/** Lowers `eye` to a comparison of two indices. */
export function lowerEye(op: EyeOp, run: Launcher): Value {
  return run.map(eye(op.dtype), [op.rows, op.columns], []);
}

const triangle: (
  name: TriangleOp["name"],
  dtype: DType,
  rank: number,
) => MapProgram = memoize((name, dtype, rank) => {
  const row = indexAlong(Number(rank) - 2);
  const column = indexAlong(Number(rank) - 1);
  const inside = call(
    name === "tril" ? "le" : "ge",
    call("sub", column, row),
    scalar(0, "int32"),
  );
  const x = arg(0, dtype as DType);
  return new MapProgram(
    [dtype as DType],
    [call("select", inside, x, constant(0, x.dtype))],
    1,
  );
});

/** Lowers `tril` and `triu` to a selection by index. */
export function lowerTriangle(
  op: TriangleOp,
  [x]: readonly Value[],
  run: Launcher,
): Value {
  return run.map(
    triangle(op.name, x!.dtype, x!.shape.length),
    x!.shape,
    [x!],
    [op.diagonal],
  );
}

/** The 32 random bits of the loop's position; scalars 0 and 1 are the key. */
const bits = call(
  "threefry",
  scalar(0, "int32"),
  scalar(1, "int32"),
  indexAlong(0),
  constant(0, "int32"),
);

/** The upper bits as a multiple of 2^-24 in [0, 1). */
const unit = (dtype: DType): Expr =>
  call(
    "mul",
    castExpr(call("shiftRight", bits, constant(8, "int32")), dtype),
    constant(2 ** -24, dtype),
  );

function polynomial(x: Expr, coefficients: readonly number[]): Expr {
  return coefficients.slice(1).reduce(
    (sum, c) => call("add", call("mul", sum, x), constant(c, x.dtype)),
    constant(coefficients[0]!, x.dtype),
  );
}

/**
 * A standard normal number from uniform bits by the inverse of the
 * distribution function. Coefficients: Giles, "Approximating the erfinv
 * function", GPU Computing Gems 2012 (single precision).
 */
function normal(dtype: DType): Expr {
  const number = (value: number) => constant(value, dtype);
  const u = call(
    "mul",
    call(
      "add",
      castExpr(call("shiftRight", bits, constant(9, "int32")), dtype),
      number(0.5),
    ),
    number(2 ** -23),
  );
  const low = call("lt", u, number(0.5));
  // The distance from the nearer end is exact, so the tails keep their digits.
  const tail = call("select", low, u, call("sub", number(1), u));
  const centre = call("sub", number(1), call("add", tail, tail));
  const w = call(
    "neg",
    call(
      "log",
      call("mul", call("mul", number(4), tail), call("sub", number(1), tail)),
    ),
  );
  const near = polynomial(call("sub", w, number(2.5)), [
    2.81022636e-8,
    3.43273939e-7,
    -3.5233877e-6,
    -4.39150654e-6,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941,
  ]);
  const far = polynomial(call("sub", call("sqrt", w), number(3)), [
    -0.000200214257,
    0.000100950558,
    0.00134934322,
    -0.00367342844,
    0.00573950773,
    -0.0076224613,
    0.00943887047,
    1.00167406,
    2.83297682,
  ]);
  const inverse = call(
    "mul",
    centre,
    call("select", call("lt", w, number(5)), near, far),
  );
  return call(
    "mul",
    inverse,
    call("select", low, number(-Math.SQRT2), number(Math.SQRT2)),
  );
}

/** Non-negative 31 bits modulo the range; scalar 3 is the range. */
const whole = call(
  "add",
  call(
    "remainder",
    call("shiftRight", bits, constant(1, "int32")),
    scalar(3, "int32"),
  ),
  scalar(2, "int32"),
);

const random: (
  distribution: RandomOp["distribution"],
  dtype: DType,
) => MapProgram = memoize((distribution, dtype) => {
  const type = dtype as DType;
  const scaled = (unscaled: Expr) =>
    call(
      "add",
      call("mul", unscaled, scalar(3, type)),
      scalar(2, type),
    );
  const expr = distribution === "integer"
    ? castExpr(whole, type)
    : scaled(distribution === "uniform" ? unit(type) : normal(type));
  return new MapProgram([], [expr], 4);
});

/** Lowers random numbers to a map over the position. */
export function lowerRandom(op: RandomOp, run: Launcher): Value {
  const spread = op.distribution === "normal" ? op.high : op.high - op.low;
  const scalars = [op.key[0], op.key[1], op.low, spread];
  currentRecording()?.keyed(scalars, op.key);
  const flat = run.map(
    random(op.distribution, op.dtype),
    [sizeOf(op.shape)],
    [],
    scalars,
  );
  return reshaped(flat, op.shape);
}

const dropout: (dtype: DType) => MapProgram = memoize((dtype) => {
  const type = floatOf(dtype as DType);
  const x = castExpr(arg(0, dtype as DType), type);
  return new MapProgram(
    [dtype as DType],
    [call(
      "select",
      call("ge", unit(type), scalar(2, type)),
      call("mul", x, scalar(3, type)),
      constant(0, type),
    )],
    4,
  );
});

/** Lowers dropout to one map; the mask is drawn from the position. */
export function lowerDropout(
  op: DropoutOp,
  [x]: readonly Value[],
  run: Launcher,
): Value {
  const dense = x!.view.dense
    ? x!.alias()
    : run.map(castProgram(x!.dtype, x!.dtype), x!.shape, [x!]);
  const flat = reshaped(dense, [x!.view.size]);
  const scalars = [...op.key, op.p, op.p < 1 ? 1 / (1 - op.p) : 0];
  currentRecording()?.keyed(scalars, op.key);
  const out = run.map(dropout(x!.dtype), flat.shape, [flat], scalars);
  flat.release();
  return reshaped(out, x!.shape);
}

/** A dense value under another shape; takes the reference over. */
function reshaped(value: Value, shape: readonly number[]): Value {
  return new Value(value.storage, View.dense(shape).at(value.view.offset));
}
