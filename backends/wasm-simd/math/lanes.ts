/**
 * Where vector code is written to, and the few idioms that all of it uses.
 *
 * @module
 */

import {
  type Code,
  f32x4,
  f64x2,
  type Func,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  v128,
} from "../assembler.ts";

/** A vector in a local: reading it again costs nothing. */
export type Vector = Local<"v128">;

/** What GELU and its slope are made of: `Φ(-z)` is `scale (most + power)`. */
export interface GeluParts {
  /** `|x|`. */
  readonly z: Vector;
  /** z, or the bits of it whose product with `most` is exact. */
  readonly high: Vector;
  /** Half of a power of two. */
  readonly scale: Vector;
  /** 1, or what is near the sum. */
  readonly most: Vector;
  /** What is missing, no more than a quarter of the sum where that is below 1. */
  readonly power: Vector;
  /** Whether any |x| is larger than they hold for. */
  readonly beyond: Local<"i32">;
}

/** Imported functions on float64 that take over where vector code ends. */
export type Fallback = Func<["f64"], "f64">;

/** What vector code is written with. */
export interface Lanes {
  /** The function that is being written. */
  readonly f: FunctionBuilder;
  /** Whether to use fused multiply-add; without it nothing is less accurate
   * than documented. */
  readonly fused: boolean;
  /** An imported function of the module by its name in JavaScript's `Math`. */
  readonly fallback: (name: "sin" | "cos" | "tan") => Fallback;
  /** What functions of one operand have in common, by the operand. */
  readonly known?: Map<Vector, GeluParts>;
  /** Imported `a % b` on float64. */
  readonly remainder: () => Func<["f64", "f64"], "f64">;
}

/** `a * b + c` on floats. */
export function madd(
  { fused }: Lanes,
  a: Code<"v128">,
  b: Code<"v128">,
  c: Code<"v128">,
): Code<"v128"> {
  return fused ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** `c - a * b` on floats. */
export function nmadd(
  { fused }: Lanes,
  a: Code<"v128">,
  b: Code<"v128">,
  c: Code<"v128">,
): Code<"v128"> {
  return fused ? f32x4.relaxed_nmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
}

/** `a * b + c` on doubles. */
export function madd64(
  { fused }: Lanes,
  a: Code<"v128">,
  b: Code<"v128">,
  c: Code<"v128">,
): Code<"v128"> {
  return fused ? f64x2.relaxed_madd(a, b, c) : f64x2.add(f64x2.mul(a, b), c);
}

/** The polynomial with these coefficients, lowest first, on floats. */
export function polynomial(
  lanes: Lanes,
  x: Vector,
  coefficients: readonly number[],
): Vector {
  const { f } = lanes;
  const last = coefficients.length - 1;
  const sum = f.let(
    madd(
      lanes,
      f.f32x4(coefficients[last]!),
      x,
      f.f32x4(coefficients[last - 1]!),
    ),
  );
  for (let i = last - 2; i >= 0; i--) {
    f.set(sum, madd(lanes, sum, x, f.f32x4(coefficients[i]!)));
  }
  return sum;
}

/**
 * The same for long ones that nothing else is computed beside: neighbours are
 * joined, then pairs, then fours, so that few steps wait for others.
 */
export function inPairs(
  lanes: Lanes,
  x: Vector,
  coefficients: readonly number[],
): Vector {
  const { f } = lanes;
  let terms = coefficients.map((c) => f.f32x4(c));
  for (
    let power = x;
    terms.length > 1;
    power = f.let(f32x4.mul(power, power))
  ) {
    const odd = terms.filter((_, i) => i % 2 === 1);
    terms = terms.filter((_, i) => i % 2 === 0).map((even, i) =>
      odd[i] ? f.let(madd(lanes, power, odd[i], even)) : even
    );
  }
  return terms[0]!;
}

/**
 * The same for long ones: even and odd powers apart, so that the second half
 * does not wait for the first.
 */
export function inHalves(
  lanes: Lanes,
  x: Vector,
  coefficients: readonly number[],
): Vector {
  const { f } = lanes;
  const square = f.let(f32x4.mul(x, x));
  const [even, odd] = [0, 1].map((first) =>
    polynomial(
      lanes,
      square,
      coefficients.filter((_, i) => i % 2 === first),
    )
  );
  return f.let(madd(lanes, odd!, x, even!));
}

/** The polynomial with these coefficients, lowest first, on doubles. */
export function polynomial64(
  lanes: Lanes,
  x: Vector,
  coefficients: readonly number[],
): Vector {
  const { f } = lanes;
  const last = coefficients.length - 1;
  const sum = f.let(f.hoist(f64x2.const(coefficients[last]!)));
  for (let i = last - 1; i >= 0; i--) {
    f.set(
      sum,
      madd64(lanes, sum, x, f.hoist(f64x2.const(coefficients[i]!))),
    );
  }
  return sum;
}

/** `|x|`. */
export function abs({ f }: Lanes, x: Vector): Vector {
  return f.let(v128.and(x, f.i32x4(0x7fffffff)));
}

/** Only the sign bit of x. */
export function signOf({ f }: Lanes, x: Vector): Code<"v128"> {
  return v128.and(x, f.i32x4(-0x80000000));
}

/** The lanes of `yes` where the mask is set, of `no` elsewhere. */
export function choose(
  mask: Code<"v128">,
  yes: Code<"v128">,
  no: Code<"v128">,
): Code<"v128"> {
  return v128.bitselect(yes, no, mask);
}

/**
 * Runs `body` if any |x| exceeds a limit or is NaN. As integers, magnitudes
 * are in the order of the numbers, with NaN above all.
 */
export function ifBeyond(
  lanes: Lanes,
  x: Vector,
  limit: number,
  body: () => void,
): void {
  lanes.f.if(isBeyond(lanes, x, limit), body);
}

/** The condition of {@linkcode ifBeyond}. */
export function isBeyond(
  lanes: Lanes,
  x: Vector,
  limit: number,
): Code<"i32"> {
  return anyOf(lanesBeyond(lanes, x, limit));
}

/** In which lanes |x| exceeds a limit or is NaN. */
export function lanesBeyond(
  { f }: Lanes,
  x: Vector,
  limit: number,
): Code<"v128"> {
  const magnitude = v128.and(x, f.i32x4(0x7fffffff));
  return i32x4.gt_s(magnitude, f.hoist(f32x4.const(limit)));
}

/** Runs `body` unless the mask is set in all lanes. */
export function unlessAll(
  { f }: Lanes,
  mask: Code<"v128">,
  body: () => void,
): void {
  f.if(i32.ne(i32x4.bitmask(mask), i32.const(15)), body);
}

/**
 * Whether a mask of 32-bit lanes is set in any of them: the sign bits tell, in
 * three instructions of x86-64 where `any_true` takes five.
 */
export function anyOf(mask: Code<"v128">): Code<"i32"> {
  return i32x4.bitmask(mask);
}

/** The lower two floats as doubles. */
export function lowHalf(x: Vector): Code<"v128"> {
  return f64x2.promote_low_f32x4(x);
}

/** The upper two floats as doubles. */
export function highHalf(x: Vector): Code<"v128"> {
  return f64x2.promote_low_f32x4(i32x4.shuffle(x, x, [2, 3, 2, 3]));
}

/** Two pairs of doubles as four floats. */
export function joinHalves(
  low: Code<"v128">,
  high: Code<"v128">,
): Code<"v128"> {
  return i32x4.shuffle(
    f32x4.demote_f64x2_zero(low),
    f32x4.demote_f64x2_zero(high),
    [0, 1, 4, 5],
  );
}
