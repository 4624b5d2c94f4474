/**
 * The scalar functions on float64: instructions where WebAssembly has them,
 * JavaScript's functions lane by lane otherwise.
 *
 * @module
 */

import type { DType } from "@tenfold/core";
import type { ScalarFunction } from "@tenfold/core/backend";
import {
  type Code,
  f64x2,
  type Func,
  type FunctionBuilder,
  v128,
} from "../assembler.ts";
import { choose, type Vector } from "../math/lanes.ts";
import { narrowMask, type Quad, quad, widenMask } from "../values.ts";

type Emit = (f: FunctionBuilder, ...x: Vector[]) => Code<"v128">;

const double = (f: FunctionBuilder, value: number): Vector =>
  f.hoist(f64x2.const(value));
const isNan = (x: Vector): Code<"v128"> => f64x2.ne(x, x);

/** Functions on two doubles. */
const VALUES: { readonly [N in ScalarFunction]?: Emit } = {
  add: (_, a, b) => f64x2.add(a!, b!),
  sub: (_, a, b) => f64x2.sub(a!, b!),
  mul: (_, a, b) => f64x2.mul(a!, b!),
  div: (_, a, b) => f64x2.div(a!, b!),
  max: (_, a, b) => choose(v128.or(f64x2.gt(a!, b!), isNan(a!)), a!, b!),
  min: (_, a, b) => choose(v128.or(f64x2.lt(a!, b!), isNan(a!)), a!, b!),
  neg: (_, x) => f64x2.neg(x!),
  abs: (_, x) => f64x2.abs(x!),
  sign: (f, x) => {
    const zero = double(f, 0);
    const up = v128.and(f64x2.gt(x!, zero), double(f, 1));
    const down = v128.and(f64x2.lt(x!, zero), double(f, -1));
    return v128.or(v128.or(up, down), isNan(x!));
  },
  floor: (_, x) => f64x2.floor(x!),
  ceil: (_, x) => f64x2.ceil(x!),
  round: (_, x) => f64x2.nearest(x!),
  trunc: (_, x) => f64x2.trunc(x!),
  sqrt: (_, x) => f64x2.sqrt(x!),
  rsqrt: (f, x) => f64x2.div(double(f, 1), f64x2.sqrt(x!)),
  reciprocal: (f, x) => f64x2.div(double(f, 1), x!),
};

/** A function on two doubles that WebAssembly has instructions for. */
export function halfCall(
  f: FunctionBuilder,
  fn: "add" | "mul" | "max" | "min",
  a: Vector,
  b: Vector,
): Code<"v128"> {
  return VALUES[fn]!(f, a, b);
}

/** Tests on two doubles, which give masks. */
const TESTS: { readonly [N in ScalarFunction]?: Emit } = {
  eq: (_, a, b) => f64x2.eq(a!, b!),
  ne: (_, a, b) => f64x2.ne(a!, b!),
  lt: (_, a, b) => f64x2.lt(a!, b!),
  le: (_, a, b) => f64x2.le(a!, b!),
  gt: (_, a, b) => f64x2.gt(a!, b!),
  ge: (_, a, b) => f64x2.ge(a!, b!),
  isNan: (_, x) => isNan(x!),
  isFinite: (f, x) => f64x2.lt(f64x2.abs(x!), double(f, Infinity)),
};

/**
 * Writes a call on float64 operands (the condition of `select` is a bool).
 *
 * @param imported The function as the module imports it.
 */
export function doubleCall(
  f: FunctionBuilder,
  fn: ScalarFunction,
  operands: readonly Quad[],
  imported: () => Func,
  dtype: DType,
): Quad {
  const halves = [0, 1].map((i) => operands.map(({ parts }) => parts[i]!));
  if (fn === "select") {
    const masks = widenMask(operands[0]!.parts[0]!);
    return quad(
      f,
      dtype,
      ...halves.map(([, a, b], i) => choose(masks[i]!, a!, b!)),
    );
  }
  const test = TESTS[fn];
  if (test !== undefined) {
    const [low, high] = halves.map((half) => f.let(test(f, ...half)));
    return quad(f, dtype, narrowMask(low!, high!));
  }
  const value = VALUES[fn];
  if (value !== undefined) {
    return quad(f, dtype, ...halves.map((half) => value(f, ...half)));
  }
  return quad(
    f,
    dtype,
    ...halves.map((half) => {
      const result = f.let(half[0]!);
      for (const lane of [0, 1]) {
        const lanes = half.map((x) => f64x2.extract_lane(x, lane));
        const one = imported().call(...lanes) as Code<"f64">;
        f.set(result, f64x2.replace_lane(result, lane, one));
      }
      return result;
    }),
  );
}
