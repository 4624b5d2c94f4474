/**
 * Trigonometric functions on four floats at once.
 *
 * Arguments up to 10^5 are reduced in double precision, so that results near
 * the zeros keep all their digits; larger ones go to JavaScript's `Math`, one
 * by one.
 *
 * @module
 */

import {
  type Code,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  v128,
} from "../assembler.ts";
import {
  abs,
  choose,
  highHalf,
  ifBeyond,
  joinHalves,
  type Lanes,
  lowHalf,
  madd,
  polynomial,
  signOf,
  type Vector,
} from "./lanes.ts";

const LIMIT = 1e5;
const TWO_OVER_PI = 2 / Math.PI;
/** π/2 in two parts; multiples of the first up to 2^17 are exact. */
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_LOW = 6.077100506506192e-11;
const ROUNDER_64 = 1.5 * 2 ** 52;

/** `(sin(r) / r - 1) / r^2` for |r| <= π/4, within 2^-32. */
const SIN = [
  -0.16666667,
  0.008333372,
  -1.9849905e-4,
  2.8004306e-6,
];

/** `(cos(r) - 1 + r^2 / 2) / r^4` for |r| <= π/4, within 2^-33. */
const COS = [
  0.041666646,
  -0.0013887311,
  2.4432546e-5,
];

/** `(atan(a) / a - 1) / a^2` for a in [0, 1], within 2^-26. */
const ATAN = [
  -0.33333153,
  0.19993769,
  -0.14211023,
  0.1066588,
  -0.07551952,
  0.04320876,
  -0.016366003,
  0.0029202034,
];

/** Two doubles less their nearest multiple of π/2. */
function reduceHalf(
  { f }: Lanes,
  x: Code<"v128">,
): { rounded: Vector; r: Vector } {
  const wide = f.let(x);
  const rounded = f.let(
    f64x2.add(
      f64x2.mul(wide, f.hoist(f64x2.const(TWO_OVER_PI))),
      f.hoist(f64x2.const(ROUNDER_64)),
    ),
  );
  const n = f.let(f64x2.sub(rounded, f.hoist(f64x2.const(ROUNDER_64))));
  const r = f.let(
    f64x2.sub(wide, f64x2.mul(n, f.hoist(f64x2.const(HALF_PI_HIGH)))),
  );
  f.set(r, f64x2.sub(r, f64x2.mul(n, f.hoist(f64x2.const(HALF_PI_LOW)))));
  return { rounded, r };
}

/** x = q π/2 + r, with the sine and the cosine of r. */
interface Circle {
  readonly q: Vector;
  readonly sin: Vector;
  readonly cos: Vector;
}

function circle(lanes: Lanes, x: Vector): Circle {
  const { f } = lanes;
  const low = reduceHalf(lanes, lowHalf(x));
  const high = reduceHalf(lanes, highHalf(x));
  const q = f.let(i32x4.shuffle(low.rounded, high.rounded, [0, 2, 4, 6]));
  const r = f.let(joinHalves(low.r, high.r));
  const square = f.let(f32x4.mul(r, r));
  const sin = polynomial(lanes, square, SIN);
  const cos = polynomial(lanes, square, COS);
  f.set(sin, madd(lanes, f32x4.mul(sin, square), r, r));
  f.set(
    cos,
    madd(
      lanes,
      cos,
      f.let(f32x4.mul(square, square)),
      madd(lanes, square, f.f32x4(-0.5), f.f32x4(1)),
    ),
  );
  return { q, sin, cos };
}

/** Calls an imported function for each lane. */
function laneByLane(
  lanes: Lanes,
  name: "sin" | "cos" | "tan",
  x: Vector,
): Code<"v128"> {
  const imported = lanes.fallback(name);
  const helper = lanes.f.module.helper(
    name,
    () =>
      lanes.f.module.func(null, ["v128"], "v128", (f, x) => {
        const result = f.let(x);
        for (let lane = 0; lane < 4; lane++) {
          const wide = f64.promote_f32(f32x4.extract_lane(x, lane));
          const value = f32.demote_f64(imported.call(wide));
          f.set(result, f32x4.replace_lane(result, lane, value));
        }
        f.result(result);
      }),
  );
  return helper.call(x);
}

function withFallback(
  lanes: Lanes,
  name: "sin" | "cos" | "tan",
  x: Vector,
  result: Vector,
): Vector {
  const { f } = lanes;
  ifBeyond(lanes, x, LIMIT, () => {
    const bounded = f32x4.le(abs(lanes, x), f.f32x4(LIMIT));
    f.set(result, choose(bounded, result, laneByLane(lanes, name, x)));
  });
  return result;
}

/** The sine or cosine at a quarter turn: odd quarters swap, two negate. */
function quarter(
  { f }: Lanes,
  q: Vector,
  even: Vector,
  odd: Vector,
): Vector {
  const isOdd = i32x4.shr_s(i32x4.shl(q, i32.const(31)), i32.const(31));
  const sign = v128.and(i32x4.shl(q, i32.const(30)), f.i32x4(-0x80000000));
  return f.let(v128.xor(choose(isOdd, odd, even), sign));
}

/** The reduction loses the sign of -0. */
function keepZero({ f }: Lanes, x: Vector, result: Vector): void {
  f.set(
    result,
    v128.or(result, v128.and(f32x4.eq(x, f.f32x4(0)), x)),
  );
}

/** Sine, 1.3 ulp. */
export function sin(lanes: Lanes, x: Vector): Vector {
  const { q, sin, cos } = circle(lanes, x);
  const result = quarter(lanes, q, sin, cos);
  keepZero(lanes, x, result);
  return withFallback(lanes, "sin", x, result);
}

/** Cosine, 1.3 ulp. */
export function cos(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const { q, sin, cos } = circle(lanes, x);
  const next = f.let(i32x4.add(q, f.i32x4(1)));
  return withFallback(lanes, "cos", x, quarter(lanes, next, sin, cos));
}

/** Tangent, 2.7 ulp. */
export function tan(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const { q, sin, cos } = circle(lanes, x);
  const isOdd = f.let(
    i32x4.shr_s(i32x4.shl(q, i32.const(31)), i32.const(31)),
  );
  const above = choose(isOdd, f32x4.neg(cos), sin);
  const below = choose(isOdd, sin, cos);
  const result = f.let(f32x4.div(above, below));
  keepZero(lanes, x, result);
  return withFallback(lanes, "tan", x, result);
}

/** The angle of the point (x, y), 2.5 ulp. */
export function atan2(lanes: Lanes, y: Vector, x: Vector): Vector {
  const { f } = lanes;
  const ax = abs(lanes, x);
  const ay = abs(lanes, y);
  const larger = f.let(f32x4.pmax(ax, ay));
  const smaller = f.let(f32x4.pmin(ax, ay));
  const a = f.let(f32x4.div(smaller, larger));
  // 0 / 0 stands for 0, ∞ / ∞ for 1.
  f.set(a, v128.andnot(a, f32x4.eq(larger, f.f32x4(0))));
  f.set(
    a,
    choose(f32x4.eq(smaller, f.f32x4(Infinity)), f.f32x4(1), a),
  );
  const square = f.let(f32x4.mul(a, a));
  const sum = polynomial(lanes, square, ATAN);
  const angle = f.let(madd(lanes, f32x4.mul(sum, square), a, a));
  f.set(
    angle,
    choose(
      f32x4.gt(ay, ax),
      f32x4.sub(f.f32x4(Math.PI / 2), angle),
      angle,
    ),
  );
  // The sign bit of x, so that -0 counts as negative.
  f.set(
    angle,
    choose(
      i32x4.shr_s(x, i32.const(31)),
      f32x4.sub(f.f32x4(Math.PI), angle),
      angle,
    ),
  );
  f.set(angle, v128.or(angle, signOf(lanes, y)));
  const unordered = v128.or(f32x4.ne(x, x), f32x4.ne(y, y));
  return f.let(v128.or(angle, unordered));
}
