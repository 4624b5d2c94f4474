/**
 * The scalar functions on bools, which are masks.
 *
 * @module
 */

import type { ScalarFunction } from "@tenfold/core/backend";
import { type Code, v128 } from "../assembler.ts";
import { choose, type Lanes, type Vector } from "../math/lanes.ts";

type Emit = (lanes: Lanes, ...x: Vector[]) => Code<"v128">;

const BOOL: { readonly [N in ScalarFunction]?: Emit } = {
  and: (_, a, b) => v128.and(a!, b!),
  or: (_, a, b) => v128.or(a!, b!),
  xor: (_, a, b) => v128.xor(a!, b!),
  not: (_, a) => v128.not(a!),
  eq: (_, a, b) => v128.not(v128.xor(a!, b!)),
  ne: (_, a, b) => v128.xor(a!, b!),
  lt: (_, a, b) => v128.andnot(b!, a!),
  le: (_, a, b) => v128.or(v128.not(a!), b!),
  gt: (_, a, b) => v128.andnot(a!, b!),
  ge: (_, a, b) => v128.or(a!, v128.not(b!)),
  isNan: ({ f }) => f.i32x4(0),
  isFinite: ({ f }) => f.i32x4(-1),
  select: (_, condition, a, b) => choose(condition!, a!, b!),
};

/** Writes a call on masks; gives a mask. */
export function boolCall(
  lanes: Lanes,
  fn: ScalarFunction,
  operands: readonly Vector[],
): Code<"v128"> {
  return BOOL[fn]!(lanes, ...operands);
}
