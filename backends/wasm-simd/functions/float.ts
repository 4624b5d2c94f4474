/**
 * The scalar functions on float32.
 *
 * @module
 */

import type { ScalarFunction } from "@tenfold/core/backend";
import { type Code, f32x4, v128 } from "../assembler.ts";
import { abs, choose, type Lanes, type Vector } from "../math/lanes.ts";
import { VECTOR_MATH, type VectorMath } from "../math/table.ts";

type Emit = (lanes: Lanes, ...x: Vector[]) => Code<"v128">;

const isNan = (x: Vector): Code<"v128"> => f32x4.ne(x, x);

/** Functions that are a few instructions each. */
const SIMPLE: { readonly [N in ScalarFunction]?: Emit } = {
  add: (_, a, b) => f32x4.add(a!, b!),
  sub: (_, a, b) => f32x4.sub(a!, b!),
  mul: (_, a, b) => f32x4.mul(a!, b!),
  div: (_, a, b) => f32x4.div(a!, b!),
  max: (_, a, b) => choose(v128.or(f32x4.gt(a!, b!), isNan(a!)), a!, b!),
  min: (_, a, b) => choose(v128.or(f32x4.lt(a!, b!), isNan(a!)), a!, b!),
  neg: (_, x) => f32x4.neg(x!),
  abs: (_, x) => f32x4.abs(x!),
  sign: ({ f }, x) => {
    const zero = f.f32x4(0);
    const up = v128.and(f32x4.gt(x!, zero), f.f32x4(1));
    const down = v128.and(f32x4.lt(x!, zero), f.f32x4(-1));
    return v128.or(v128.or(up, down), isNan(x!));
  },
  floor: (_, x) => f32x4.floor(x!),
  ceil: (_, x) => f32x4.ceil(x!),
  round: (_, x) => f32x4.nearest(x!),
  trunc: (_, x) => f32x4.trunc(x!),
  sqrt: (_, x) => f32x4.sqrt(x!),
  rsqrt: ({ f }, x) => f32x4.div(f.f32x4(1), f32x4.sqrt(x!)),
  reciprocal: ({ f }, x) => f32x4.div(f.f32x4(1), x!),
  eq: (_, a, b) => f32x4.eq(a!, b!),
  ne: (_, a, b) => f32x4.ne(a!, b!),
  lt: (_, a, b) => f32x4.lt(a!, b!),
  le: (_, a, b) => f32x4.le(a!, b!),
  gt: (_, a, b) => f32x4.gt(a!, b!),
  ge: (_, a, b) => f32x4.ge(a!, b!),
  isNan: (_, x) => isNan(x!),
  isFinite: (lanes, x) => f32x4.lt(abs(lanes, x!), lanes.f.f32x4(Infinity)),
  select: (_, condition, a, b) => choose(condition!, a!, b!),
};

/** Whether a function takes few instructions rather than dozens. */
export function isSimple(fn: ScalarFunction): boolean {
  return fn in SIMPLE ||
    fn in { and: 0, or: 0, xor: 0, not: 0, shiftRight: 0, bitAnd: 0 };
}

/** Writes a call on float32 operands; comparisons give masks. */
export function floatCall(
  lanes: Lanes,
  fn: ScalarFunction,
  operands: readonly Vector[],
): Code<"v128"> {
  const simple = SIMPLE[fn];
  if (simple !== undefined) return simple(lanes, ...operands);
  const table: { readonly [name: string]: VectorMath } = VECTOR_MATH;
  return table[fn]!.emit(lanes, ...operands);
}
