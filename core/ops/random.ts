/**
 * Random numbers: maps over the position, so that an element depends on the key
 * and on its place alone.
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
} from "../expr/expr.ts";
import type { Launcher } from "../lower/launcher.ts";
import { denseOf, shaped } from "../lower/parts.ts";
import { MapProgram, memoize } from "../lower/program.ts";
import { currentRecording } from "../program/recording.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Value } from "../value.ts";
import { free, none } from "./gradient.ts";
import type { Family } from "./primitive.ts";

/**
 * Random numbers from Threefry-2x32 under `key`, counted by position.
 *
 * - `uniform`: from [low, high)
 * - `normal`: mean `low`, standard deviation `high`
 * - `integer`: whole numbers from [low, high)
 *
 * @example Numbers from 0 to 1
 * ```ts
 * import type { RandomOp } from "@tenfold/core/backend";
 *
 * const op: RandomOp = {
 *   name: "random",
 *   distribution: "uniform",
 *   key: [1, 2],
 *   low: 0,
 *   high: 1,
 *   shape: [2, 3],
 *   dtype: "float32",
 * };
 * ```
 */
export interface RandomOp {
  /** Marks the primitive. */
  readonly name: "random";
  /** How the numbers are distributed. */
  readonly distribution: "uniform" | "normal" | "integer";
  /** The two words of the Threefry key. */
  readonly key: readonly [number, number];
  /** The lower end, or the mean. */
  readonly low: number;
  /** The upper end, or the standard deviation. */
  readonly high: number;
  /** The extents of the result. */
  readonly shape: Shape;
  /** The element type of the result. */
  readonly dtype: DType;
}

/**
 * Zeroes elements with probability `p`, scales the others by 1 / (1 - p).
 *
 * @example A tenth becomes 0
 * ```ts
 * import type { DropoutOp } from "@tenfold/core/backend";
 *
 * const op: DropoutOp = { name: "dropout", p: 0.1, key: [1, 2] };
 * ```
 */
export interface DropoutOp {
  /** Marks the primitive. */
  readonly name: "dropout";
  /** The probability of a zero. */
  readonly p: number;
  /** The two words of the Threefry key. */
  readonly key: readonly [number, number];
}

/** The 32 random bits of the loop's position; scalars 0 and 1 are the key. */
const bits = call(
  "threefry",
  scalar(0, "int32"),
  scalar(1, "int32"),
  indexAlong(0),
  constant(0, "int32"),
);

/** The upper `digits` bits as a fraction in [0, 1). */
const unit = (dtype: DType, digits = 24): Expr =>
  call(
    "mul",
    castExpr(call("shiftRight", bits, constant(32 - digits, "int32")), dtype),
    constant(2 ** -digits, dtype),
  );

/** A fraction that stays below 1 when it is stored. */
const fraction = (dtype: DType): Expr =>
  unit(dtype, dtype === "float16" ? 11 : 24);

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

/** Scalars 2 and 3 are the place and the spread of the distribution. */
const random = memoize(
  (distribution: RandomOp["distribution"], dtype: DType) => {
    const scaled = (unscaled: Expr) =>
      call("add", call("mul", unscaled, scalar(3, dtype)), scalar(2, dtype));
    const expr = distribution === "integer"
      ? castExpr(whole, dtype)
      : scaled(distribution === "uniform" ? fraction(dtype) : normal(dtype));
    return new MapProgram([], [expr], 4);
  },
);

/** Scalars 2 and 3 are p, and what is left is multiplied by. */
const dropout = memoize((dtype: DType) => {
  const type = floatOf(dtype);
  const left = call("mul", castExpr(arg(0, dtype), type), scalar(3, type));
  const stays = call("ge", unit(type), scalar(2, type));
  const expr = call("select", stays, left, constant(0, type));
  return new MapProgram([dtype], [expr], 4);
});

/** Runs a program over the flat positions; two scalars follow the key. */
function drawn(
  program: MapProgram,
  shape: Shape,
  inputs: readonly Value[],
  key: readonly [number, number],
  run: Launcher,
  ...numbers: readonly [number, number]
): Value {
  const scalars = [...key, ...numbers];
  currentRecording()?.keyed(scalars, key);
  return shaped(run.map(program, [sizeOf(shape)], inputs, scalars), shape);
}

/** Every primitive that draws numbers. */
export const RANDOM: Family<RandomOp | DropoutOp> = {
  random: {
    infer: (op) => [op],
    lower({ distribution, key, low, high, shape, dtype }, _, run) {
      const spread = distribution === "normal" ? high : high - low;
      const program = random(distribution, dtype);
      return drawn(program, shape, [], key, run, low, spread);
    },
    gradient: none,
  },
  dropout: {
    infer: (_, [x]) => [{ shape: x!.shape, dtype: floatOf(x!.dtype) }],
    lower({ p, key }, [x], run) {
      const { shape, dtype } = x!;
      const flat = shaped(denseOf(x!, run), [sizeOf(shape)]);
      const scale = p < 1 ? 1 / (1 - p) : 0;
      const out = drawn(dropout(dtype), shape, [flat], key, run, p, scale);
      flat.release();
      return out;
    },
    gradient: [free((g, c) => c.apply(c.op, [g]))],
  },
};
