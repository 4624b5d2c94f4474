/**
 * Exponentials, logarithms and what is made of them, on four floats at once.
 *
 * Arguments are reduced to a small interval in the manner of Cody and Waite;
 * the polynomials are minimax approximations with float coefficients. The
 * errors in the comments are against float64 over all normal results.
 * `tools/math_fits.py` computes newer ones of them.
 *
 * @module
 */

import { type Code, f32x4, i32, i32x4, v128 } from "../assembler.ts";
import {
  anyOf,
  choose,
  ifBeyond,
  type Lanes,
  madd,
  nmadd,
  polynomial,
  signOf,
  unlessAll,
  type Vector,
} from "./lanes.ts";

const LOG2_E = Math.LOG2E;
/** ln 2 in two parts; multiples of the first by small integers are exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = Math.LN2 - LN2_HIGH;
/** Adding it rounds a float to an integer and leaves that in its low bits. */
const ROUNDER = 1.5 * 2 ** 23;
const ONE_BITS = 0x3f800000;
const SQRT_HALF_BITS = 0x3f3504f3;
const SMALLEST_NORMAL = 2 ** -126;
/** Bits of a float's fraction. */
const I23 = i32.const(23);
const I1 = i32.const(1);

/** `(e^r - 1 - r) / r^2` for |r| <= 0.348; e^r within 2^-28. */
const EXP = [
  0.49999994,
  0.16666518,
  0.041668236,
  0.008369013,
  0.0013823969,
];

/** The same, with e^r - 1 within 2^-26. */
const EXPM1 = [
  0.49999997,
  0.16666542,
  0.041667502,
  0.008366753,
  0.0013864926,
];

/** `(log(1 + f) - f + f^2 / 2) / f^3` for 1 + f in [sqrt(1/2), sqrt(2)]. */
const LOG1P = [
  0.33333373,
  -0.2500084,
  0.1999899,
  -0.16621207,
  0.14238907,
  -0.13212356,
  0.12565891,
  -0.07286024,
];

/** `(e^2r - 1 - 2r) / r^2` for |r| <= 0.174; e^2r - 1 within 2^-26. */
const EXPM1_TWICE = [
  1.9999999,
  1.3333234,
  0.6666789,
  0.26773995,
  0.08877989,
];

/** x = n ln 2 + r with |r| at most about half of ln 2. */
interface Reduced {
  /** n in the low bits of the float that {@linkcode ROUNDER} was added to. */
  readonly rounded: Vector;
  /** The rest. */
  readonly r: Vector;
}

/** Takes the nearest multiple of ln 2 away. */
function reduce(lanes: Lanes, x: Vector): Reduced {
  const { f } = lanes;
  const rounded = f.let(madd(lanes, x, f.f32x4(LOG2_E), f.f32x4(ROUNDER)));
  const n = f.let(f32x4.sub(rounded, f.f32x4(ROUNDER)));
  const r = f.let(nmadd(lanes, n, f.f32x4(LN2_HIGH), x));
  f.set(r, nmadd(lanes, n, f.f32x4(LN2_LOW), r));
  return { rounded, r };
}

/** `e^r - 1` for a reduced r. */
function small(lanes: Lanes, r: Vector, coefficients: number[]): Vector {
  const { f } = lanes;
  const sum = polynomial(lanes, r, coefficients);
  return f.let(madd(lanes, sum, f.let(f32x4.mul(r, r)), r));
}

/**
 * `e^r` for a reduced r. Fused products take one addition less, and are 0.9 ulp
 * off in place of 1.0; plain ones would be 1.2.
 */
function expSmall(lanes: Lanes, r: Vector): Vector {
  const { f } = lanes;
  const one = f.f32x4(1);
  if (!lanes.fused) return f.let(f32x4.add(small(lanes, r, EXP), one));
  const slope = f.let(madd(lanes, polynomial(lanes, r, EXP), r, one));
  return f.let(madd(lanes, slope, r, one));
}

/** `y * 2^n` for a normal y and a normal result. */
function scaleQuick(
  { f }: Lanes,
  y: Vector,
  rounded: Vector,
): Vector {
  return f.let(i32x4.add(y, i32x4.shl(rounded, I23)));
}

/** `y * 2^n` for any n from -252 to 254, with overflow and underflow. */
function scale({ f }: Lanes, y: Vector, rounded: Vector): Vector {
  const n = f.let(i32x4.sub(rounded, f.hoist(f32x4.const(ROUNDER))));
  const half = f.let(i32x4.shr_s(n, I1));
  const power = (k: Code<"v128">): Code<"v128"> =>
    i32x4.shl(i32x4.add(k, f.i32x4(127)), I23);
  return f.let(
    f32x4.mul(
      f32x4.mul(y, power(half)),
      power(i32x4.sub(n, half)),
    ),
  );
}

/** `e^x` where the caller knows that -87 <= x <= 88. NaN gives garbage. */
export function expBounded(lanes: Lanes, x: Vector): Vector {
  const { rounded, r } = reduce(lanes, x);
  return scaleQuick(lanes, expSmall(lanes, r), rounded);
}

/** `e^x`, 1.1 ulp. */
export function exp(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const result = expBounded(lanes, x);
  ifBeyond(lanes, x, 87, () => f.set(result, expAny(lanes, x)));
  return result;
}

/**
 * `e^x` for x <= 0, 1.1 ulp, and 0 below -87.25, near where normal numbers end:
 * what is hidden from a softmax is -∞ and must not take the slower way. NaN
 * stays NaN.
 */
export function expBelow(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const least = f.f32x4(-87.25);
  const result = expBounded(lanes, f.let(f32x4.pmax(x, least)));
  const bounded = f.let(f32x4.ge(x, least));
  unlessAll(lanes, bounded, () => {
    const all = f.let(v128.and(result, bounded));
    f.set(result, v128.or(all, f32x4.ne(x, x)));
  });
  return result;
}

/** `e^x` for every x, the slower way. */
function expAny(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const clamped = f.let(
    f32x4.pmax(f32x4.pmin(x, f.f32x4(130)), f.f32x4(-150)),
  );
  const { rounded, r } = reduce(lanes, clamped);
  return scale(lanes, expSmall(lanes, r), rounded);
}

/** `e^x - 1` for x <= 88; NaN stays NaN. Loses the sign of -0. */
function expm1Bounded(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  // Below -30 the result is -1, and the power of two remains a normal number.
  const clamped = f.let(f32x4.pmax(x, f.f32x4(-30)));
  const { rounded, r } = reduce(lanes, clamped);
  const power = f.let(
    i32x4.add(i32x4.shl(rounded, I23), f.i32x4(ONE_BITS)),
  );
  return f.let(
    madd(
      lanes,
      small(lanes, r, EXPM1),
      power,
      f32x4.sub(power, f.f32x4(1)),
    ),
  );
}

/** `e^x - 1`, 1.7 ulp. */
export function expm1(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const result = expm1Bounded(lanes, x);
  const bounded = f.let(f32x4.le(x, f.f32x4(88)));
  unlessAll(lanes, bounded, () => {
    f.set(result, choose(bounded, result, expAny(lanes, x)));
  });
  return f.let(v128.or(result, signOf(lanes, x)));
}

/** x = 2^k * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)). */
interface Split {
  readonly k: Vector;
  readonly f: Vector;
}

/** Splits a positive normal number. */
export function splitLog({ f }: Lanes, x: Vector): Split {
  const above = f.let(i32x4.sub(x, f.i32x4(SQRT_HALF_BITS)));
  const k = f.let(f32x4.convert_i32x4_s(i32x4.shr_s(above, I23)));
  const exponent = v128.and(above, f.i32x4(-0x800000));
  return { k, f: f.let(f32x4.sub(i32x4.sub(x, exponent), f.f32x4(1))) };
}

/** `log(1 + f) - f`, and with `k ln 2`'s low part where k is given. */
function logTail(lanes: Lanes, s: Vector, k?: Vector): Vector {
  const { f } = lanes;
  const square = f.let(f32x4.mul(s, s));
  const sum = polynomial(lanes, s, [-0.5, ...LOG1P]);
  return f.let(
    k === undefined
      ? f32x4.mul(sum, square)
      : madd(lanes, sum, square, f32x4.mul(k, f.f32x4(LN2_LOW))),
  );
}

/**
 * `k ln 2 + log(1 + f)`. ln 2 is in two parts, as relaxed products need not be
 * fused: on Bun 1.4.5 they are not, and one float for it was 1.06 ulp off.
 */
function joinLog(lanes: Lanes, { k, f: s }: Split): Vector {
  const { f } = lanes;
  const tail = logTail(lanes, s, k);
  return f.let(madd(lanes, k, f.f32x4(LN2_HIGH), f32x4.add(s, tail)));
}

/** `k + log2(1 + f)`. */
function joinLog2(lanes: Lanes, { k, f: s }: Split): Vector {
  const { f } = lanes;
  const tail = logTail(lanes, s);
  return f.let(madd(lanes, f32x4.add(s, tail), f.f32x4(LOG2_E), k));
}

/** A logarithm: quick for positive normal numbers, complete for all. */
function logarithm(
  lanes: Lanes,
  x: Vector,
  join: (lanes: Lanes, split: Split) => Vector,
): Vector {
  const { f } = lanes;
  const result = join(lanes, splitLog(lanes, x));
  // Shifted, positive normal numbers are the least integers of all.
  const shifted = i32x4.add(x, f.i32x4(0x7f800000));
  const special = i32x4.gt_s(shifted, f.i32x4(-0x1000001));
  f.if(anyOf(special), () => {
    const tiny = f.let(f32x4.lt(x, f.f32x4(SMALLEST_NORMAL)));
    const scaled = choose(tiny, f32x4.mul(x, f.f32x4(2 ** 23)), x);
    const split = splitLog(lanes, f.let(scaled));
    f.set(split.k, f32x4.sub(split.k, v128.and(tiny, f.f32x4(23))));
    f.set(result, join(lanes, split));
    f.set(result, choose(f32x4.eq(x, f.f32x4(Infinity)), x, result));
    f.set(
      result,
      choose(f32x4.eq(x, f.f32x4(0)), f.f32x4(-Infinity), result),
    );
    // Negative numbers and NaN: all bits set is a NaN.
    f.set(result, v128.or(result, v128.not(f32x4.ge(x, f.f32x4(0)))));
  });
  return result;
}

/** Natural logarithm, 1 ulp. */
export function log(lanes: Lanes, x: Vector): Vector {
  return logarithm(lanes, x, joinLog);
}

/** Logarithm to the base 2, 2 ulp. */
export function log2(lanes: Lanes, x: Vector): Vector {
  return logarithm(lanes, x, joinLog2);
}

/**
 * `log(1 + x)` for -1 < x < ∞, NaN stays NaN; loses the sign of -0. The
 * exponent comes from 1 + x, the rest from `x * 2^-k + (2^-k - 1)`, in which
 * only the last sum rounds.
 */
function log1pBounded(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const sum = f32x4.add(x, f.f32x4(1));
  const above = f.let(i32x4.sub(sum, f.i32x4(SQRT_HALF_BITS)));
  const exponent = f.let(v128.and(above, f.i32x4(-0x800000)));
  const power = f.let(i32x4.sub(f.i32x4(ONE_BITS), exponent));
  const k = f.let(f32x4.convert_i32x4_s(i32x4.shr_s(above, I23)));
  const rest = f.let(
    madd(lanes, x, power, f32x4.sub(power, f.f32x4(1))),
  );
  return joinLog(lanes, { k, f: rest });
}

/** `log(1 + x)`, 1 ulp. */
export function log1p(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const result = log1pBounded(lanes, x);
  const bounded = v128.and(
    f32x4.gt(x, f.f32x4(-1)),
    f32x4.lt(x, f.f32x4(2 ** 100)),
  );
  unlessAll(lanes, bounded, () => {
    const large = f32x4.ge(x, f.f32x4(2 ** 100));
    const asLog = joinLog(lanes, splitLog(lanes, x));
    f.set(result, choose(large, asLog, result));
    f.set(result, choose(f32x4.eq(x, f.f32x4(Infinity)), x, result));
    f.set(
      result,
      choose(f32x4.eq(x, f.f32x4(-1)), f.f32x4(-Infinity), result),
    );
    f.set(result, v128.or(result, v128.not(f32x4.ge(x, f.f32x4(-1)))));
  });
  return f.let(v128.or(result, signOf(lanes, x)));
}

/**
 * `tanh x`, 2.5 ulp, as `t / (t + 2)` with `t = e^2x - 1`. Where t is large its
 * error does not matter, and elsewhere multiples of ln 2 are so small that they
 * need no second part.
 */
export function tanh(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  // From 10 on the result is 1 or -1. NaN stays: pmin and pmax keep the first.
  const limited = f.let(
    f32x4.pmax(f32x4.pmin(x, f.f32x4(10)), f.f32x4(-10)),
  );
  const rounded = f.let(
    madd(lanes, limited, f.f32x4(2 * LOG2_E), f.f32x4(ROUNDER)),
  );
  const n = f32x4.sub(rounded, f.f32x4(ROUNDER));
  const r = f.let(nmadd(lanes, n, f.f32x4(Math.LN2 / 2), limited));
  const sum = polynomial(lanes, r, EXPM1_TWICE);
  const small = madd(
    lanes,
    sum,
    f.let(f32x4.mul(r, r)),
    f32x4.add(r, r),
  );
  const power = f.let(i32x4.add(i32x4.shl(rounded, I23), f.i32x4(ONE_BITS)));
  const t = f.let(
    madd(lanes, small, power, f32x4.sub(power, f.f32x4(1))),
  );
  const quotient = f32x4.div(t, f32x4.add(t, f.f32x4(2)));
  return f.let(v128.or(quotient, signOf(lanes, x)));
}

/** `1 / (1 + e^-x)`, 2.5 ulp. */
export function sigmoid(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const e = exp(lanes, f.let(v128.or(x, f.i32x4(-0x80000000))));
  const above = choose(f32x4.lt(x, f.f32x4(0)), e, f.f32x4(1));
  return f.let(f32x4.div(above, f32x4.add(e, f.f32x4(1))));
}

/** `log(1 + e^x)`, 2 ulp, as `max(x, 0) + log1p(e^-|x|)`. */
export function softplus(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const e = exp(lanes, f.let(v128.or(x, f.i32x4(-0x80000000))));
  const rest = log1pBounded(lanes, e);
  return f.let(f32x4.add(f32x4.pmax(x, f.f32x4(0)), rest));
}
