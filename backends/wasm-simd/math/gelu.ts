/**
 * GELU and its derivative on four floats at once, with fused products and with
 * products that round. `tools/math_fits.py` computes the coefficients.
 *
 * @module
 */

import { type Code, f32x4, f64x2, i32, i32x4, v128 } from "../assembler.ts";
import {
  abs,
  choose,
  type GeluParts,
  highHalf,
  inPairs,
  isBeyond,
  joinHalves,
  type Lanes,
  lanesBeyond,
  lowHalf,
  madd,
  nmadd,
  polynomial,
  polynomial64,
  type Vector,
} from "./lanes.ts";
import { exp2Half } from "./special.ts";

/** GELU takes the quicker way up to this |x|. */
const GELU_LIMIT = 3.5;
/** Powers of z less this are taken. */
const GELU_CENTRE = 1.75;
/** There `v` is the shift and z times the slope; both and the square of the
 * shift are short, so that differences are exact. */
const GELU_SHIFT = 0.640625;
const GELU_SLOPE = 0.78515625;
/** `(log2(2 Φ(-z)) + v^2 - shift^2) / z` for z up to the limit; 2^-29. */
const GELU_CORRECTION = [
  0.0038193157,
  0.030061215,
  -0.023344917,
  0.0036978063,
  -4.8621625e-4,
  4.1023053e-5,
  2.1080336e-6,
  -1.927946e-6,
  4.954931e-7,
  -6.031471e-8,
];

/** `-φ(z) / Φ(-z)` in powers of z up to the limit; `Φ(-z) - z φ(z)` within
 * 2^-27. */
const SLOPE = [
  -0.79788536,
  -0.6366066,
  -0.109078504,
  0.019308725,
  -5.0111154e-5,
  -0.0011191572,
  3.4193063e-4,
  -4.9154736e-5,
  2.9304197e-6,
];

/** `(2^r - 1) / r` for r in [-0.475, 0.6]; 2^r within 2^-27.6. */
const EXP2M1 = [
  0.6931472,
  0.24022658,
  0.055503514,
  0.00961662,
  0.0013393856,
  1.5982315e-4,
];

/** The same with products that round, 2^r within 2^-31.8. */
const EXP2M1_PLAIN = [
  0.6931472,
  0.2402265,
  0.05550408,
  0.009618074,
  0.0013334015,
  1.5456774e-4,
  1.549032e-5,
];

/** Two bits of ln 2. */
const LN2_SHORT = 0.75;

/**
 * `e^(z^2 / 2) Φ(-z) / t` in powers of `t - 0.609375` where t is
 * `1 / (1 + z / 4)`, for z in [0, 14.5], within 2^-26; Φ is the normal
 * distribution.
 */
const MILLS = [
  0.227220431,
  0.4033244252,
  0.5275365114,
  0.484245479,
  0.2623040378,
  0.01185028721,
  -0.0889878124,
  -0.03296649829,
  0.02818184346,
  0.01703974232,
];
const MILLS_CENTRE = 0.609375;

/** Adding it rounds a float to an integer and leaves that in its low bits. */
const ROUNDER = 1.5 * 2 ** 23;
/** Adding it to a float below 2^16 rounds that to a multiple of 2^-6. */
const SHORTENER = 1.5 * 2 ** 17;
const I23 = i32.const(23);

/** Two doubles `e^(z^2 / 2) Φ(-z)` and `e^(-z^2 / 2)`, 0 <= z <= 14.5. */
function normalHalf(lanes: Lanes, z: Vector): [mills: Vector, decay: Vector] {
  const { f } = lanes;
  const double = (value: number) => f.hoist(f64x2.const(value));
  const t = f.let(f64x2.div(double(4), f64x2.add(z, double(4))));
  const u = f.let(f64x2.sub(t, double(MILLS_CENTRE)));
  const mills = f.let(f64x2.mul(polynomial64(lanes, u, MILLS), t));
  const square = f64x2.mul(f64x2.mul(z, z), double(-Math.LOG2E / 2));
  return [mills, f.let(exp2Half(lanes, f.let(square)))];
}

/** Two doubles `z Φ(-z)`, 0 <= z <= 14.5. */
function geluHalf(lanes: Lanes, z: Code<"v128">): Code<"v128"> {
  const wide = lanes.f.let(z);
  const [mills, decay] = normalHalf(lanes, wide);
  return f64x2.mul(f64x2.mul(mills, wide), decay);
}

/** Two doubles `Φ(-z) - z φ(z)`, 0 <= z <= 14.5. */
function slopeHalf(lanes: Lanes, z: Code<"v128">): Code<"v128"> {
  const { f } = lanes;
  const wide = f.let(z);
  const [mills, decay] = normalHalf(lanes, wide);
  const share = f64x2.mul(wide, f.hoist(f64x2.const(0.3989422804014327)));
  return f64x2.mul(f64x2.sub(mills, share), decay);
}

/**
 * `x Φ(x)`, 1 ulp, as `max(x, 0) - |x| Φ(-|x|)`: in floats where every |x| is at
 * most 3.5, otherwise in double precision, since each factor of the tail would
 * lose a unit or two of its own.
 */
export function gelu(lanes: Lanes, x: Vector): Vector {
  return bounded(lanes, x, "gelu", geluBounded, geluAny);
}

/**
 * The derivative of GELU, `Φ(x) + x φ(x)`, 0.8 ulp of results of 1, as w or
 * `1 - w` where w is `Φ(-|x|) - |x| φ(|x|)`. Beside GELU it takes a dozen
 * instructions.
 */
export function geluSlope(lanes: Lanes, x: Vector): Vector {
  return bounded(lanes, x, "geluSlope", slopeBounded, slopeAny);
}

/**
 * A function that is quicker for |x| <= 3.5. What a lane gets does not depend on
 * the others.
 */
function bounded(
  lanes: Lanes,
  x: Vector,
  name: string,
  quick: (lanes: Lanes, x: Vector, parts: GeluParts) => Vector,
  any: (lanes: Lanes, x: Vector) => Vector,
): Vector {
  const { f } = lanes;
  const parts = partsOf(lanes, x);
  const result = quick(lanes, x, parts);
  f.if(parts.beyond, () => {
    const helper = f.module.helper(
      name,
      () =>
        f.module.func(null, ["v128"], "v128", (f, x) => {
          f.result(any({ ...lanes, f }, x));
        }),
    );
    const there = lanesBeyond(lanes, x, GELU_LIMIT);
    f.set(result, choose(there, helper.call(x), result));
  });
  return result;
}

/** GELU of any x, the slower way. */
function geluAny(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const lost = tail(lanes, x, geluHalf);
  return f.let(f32x4.sub(f32x4.pmax(x, f.f32x4(0)), lost));
}

/** The slope of GELU at any x, the slower way. */
function slopeAny(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const w = tail(lanes, x, slopeHalf);
  const z = abs(lanes, x);
  const near = v128.andnot(w, f32x4.ge(z, f.f32x4(14.5)));
  // x φ(x) is NaN at infinity.
  const none = f32x4.eq(z, f.f32x4(Infinity));
  return fromTail(lanes, x, f.let(v128.or(near, none)));
}

/** A function of two doubles at `min(|x|, 14.5)`, where the rest is 0. */
function tail(
  lanes: Lanes,
  x: Vector,
  half: (lanes: Lanes, z: Code<"v128">) => Code<"v128">,
): Vector {
  const { f } = lanes;
  const z = f.let(f32x4.pmin(abs(lanes, x), f.f32x4(14.5)));
  return f.let(
    joinHalves(half(lanes, lowHalf(z)), half(lanes, highHalf(z))),
  );
}

/** w where x is below 0, and `1 - w` elsewhere. */
function fromTail(lanes: Lanes, x: Vector, w: Vector): Vector {
  const { f } = lanes;
  const below = f32x4.lt(x, f.f32x4(0));
  const above = f32x4.sub(f.f32x4(1), w);
  return f.let(
    lanes.fused
      ? i32x4.relaxed_laneselect(w, above, below)
      : choose(below, w, above),
  );
}

/**
 * `Φ(-|x|)` for |x| <= 3.5. `2 Φ(-z)` is `2^(d^2 - v^2 + c(z))` with
 * `v = d + k z` and a small c, so that nearly all of the exponent is a square.
 * What the square and v lose by rounding is known, and what is left of the
 * exponent after an integer n is exact, so that `2^r` has little to lose.
 */
function partsOf(lanes: Lanes, x: Vector): GeluParts {
  const known = lanes.known?.get(x);
  if (known !== undefined) return known;
  const { f } = lanes;
  const z = abs(lanes, x);
  const { high, square, rest } = squareOf(lanes, z);
  const above = f.let(f32x4.sub(square, f.f32x4(GELU_SHIFT ** 2)));
  // r goes from -0.44 to 0.56, so that p has no more than a quarter of 1 + p
  // where that is below 1.
  const rounded = f.let(
    f32x4.add(
      f32x4.sub(square, f.f32x4(GELU_SHIFT ** 2 - 0.0625)),
      f.f32x4(ROUNDER),
    ),
  );
  const n = f32x4.sub(rounded, f.f32x4(ROUNDER));
  const centred = f.let(f32x4.sub(z, f.f32x4(GELU_CENTRE)));
  const sum = chain(lanes)(lanes, centred, GELU_CORRECTION);
  const exact = f.let(f32x4.sub(n, above));
  const small = f.let(madd(lanes, sum, z, rest));
  const scale = f.let(i32x4.sub(f.f32x4(0.5), i32x4.shl(rounded, I23)));
  const beyond = f.let(isBeyond(lanes, x, GELU_LIMIT));
  const parts = { z, high, scale, beyond, ...powerOf(lanes, exact, small) };
  lanes.known?.set(x, parts);
  return parts;
}

/**
 * Vectors with fused products take turns, and Horner's scheme has the fewest
 * instructions; others wait for each other less in pairs.
 */
const chain = ({ fused }: Lanes) => fused ? polynomial : inPairs;

/**
 * `v^2` for a v next to `d + k z`, and what is to be added to `-v^2` to make it
 * that of `d + k z`. Where products round, v has so few bits that its square has
 * no more than a float, and `high` is the first nine bits of z.
 */
function squareOf(
  lanes: Lanes,
  z: Vector,
): { high: Vector; square: Vector; rest: Vector } {
  const { f } = lanes;
  const k = f.f32x4(GELU_SLOPE);
  const d = f.f32x4(GELU_SHIFT);
  if (lanes.fused) {
    const v = f.let(madd(lanes, k, z, d));
    // What v is too large by.
    const surplus = nmadd(lanes, k, z, f32x4.sub(v, d));
    const square = f.let(f32x4.mul(v, v));
    const lost = nmadd(lanes, v, v, square);
    const rest = f.let(madd(lanes, f32x4.add(v, v), surplus, lost));
    return { high: z, square, rest };
  }
  const high = f.let(v128.and(z, f.i32x4(-0x8000)));
  const product = f.let(f32x4.mul(high, k));
  const short = f.let(
    f32x4.sub(
      f32x4.add(product, f.f32x4(SHORTENER)),
      f.f32x4(SHORTENER),
    ),
  );
  const low = f32x4.mul(f32x4.sub(z, high), k);
  const surplus = f.let(f32x4.sub(f32x4.sub(short, product), low));
  const v = f.let(f32x4.add(short, d));
  const twice = f32x4.sub(f32x4.add(v, v), surplus);
  const square = f.let(f32x4.mul(v, v));
  return { high, square, rest: f.let(f32x4.mul(twice, surplus)) };
}

/**
 * `2^(exact + small)` in two parts. Where products round, `exact` is a multiple
 * of 2^-12, and the first part has no more than 15 bits.
 */
function powerOf(
  lanes: Lanes,
  exact: Vector,
  small: Vector,
): Pick<GeluParts, "most" | "power"> {
  const { f } = lanes;
  const one = f.f32x4(1);
  const r = f.let(f32x4.add(exact, small));
  if (lanes.fused) {
    const [first, ...others] = EXP2M1;
    const ln2 = f.f32x4(first!);
    const curve = polynomial(lanes, r, others);
    const square = f.let(f32x4.mul(r, r));
    const power = f.let(madd(lanes, curve, square, f32x4.mul(small, ln2)));
    f.set(power, madd(lanes, exact, ln2, power));
    return { most: one, power };
  }
  const short = f.f32x4(LN2_SHORT);
  const [first, ...others] = EXP2M1_PLAIN;
  const curve = inPairs(lanes, r, others);
  const most = f.let(f32x4.add(f32x4.mul(exact, short), one));
  const line = f32x4.add(
    f32x4.mul(r, f.f32x4(first! - LN2_SHORT)),
    f32x4.mul(small, short),
  );
  const power = f.let(f32x4.add(line, f32x4.mul(curve, f32x4.mul(r, r))));
  return { most, power };
}

/** GELU of |x| <= 3.5: `z Φ(-z)` is `a + b`, where a is exact. */
function geluBounded(
  lanes: Lanes,
  x: Vector,
  { z, high, scale, most, power }: GeluParts,
): Vector {
  const { f } = lanes;
  const a = f.let(f32x4.mul(high, scale));
  if (!lanes.fused) f.set(a, f32x4.mul(a, most));
  const above = f.let(f32x4.pmax(x, f.f32x4(0)));
  // `above - a` and what rounding it loses; a negative x leaves 0 and -a.
  const left = f.let(f32x4.pmax(f32x4.sub(above, a), f.f32x4(0)));
  const lost = f32x4.sub(f32x4.sub(above, left), a);
  if (lanes.fused) {
    return f.let(f32x4.add(left, nmadd(lanes, a, power, lost)));
  }
  const b = f32x4.add(
    f32x4.mul(f32x4.sub(z, high), most),
    f32x4.mul(z, power),
  );
  return f.let(f32x4.add(left, f32x4.sub(lost, f32x4.mul(b, scale))));
}

/** The slope of GELU for |x| <= 3.5: `z φ(z)` is a part of `Φ(-z)`. */
function slopeBounded(
  lanes: Lanes,
  x: Vector,
  { z, high, scale, most, power }: GeluParts,
): Vector {
  const { f } = lanes;
  const one = f.f32x4(1);
  if (lanes.fused) {
    const below = f.let(madd(lanes, scale, power, scale));
    const share = madd(lanes, polynomial(lanes, z, SLOPE), z, one);
    return fromTail(lanes, x, f.let(f32x4.mul(below, share)));
  }
  const below = f.let(f32x4.mul(f32x4.add(most, power), scale));
  // `1 - z`, whose greater part is exact, and what is left of the product.
  const [first, ...others] = SLOPE;
  const rest = inPairs(lanes, z, [first! + 1, ...others]);
  const share = f32x4.add(
    f32x4.sub(one, high),
    f32x4.sub(f32x4.mul(rest, z), f32x4.sub(z, high)),
  );
  return fromTail(lanes, x, f.let(f32x4.mul(below, share)));
}
