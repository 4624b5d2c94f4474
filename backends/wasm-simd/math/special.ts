/**
 * The error function, GELU, powers and remainders on four floats at once.
 * `tools/math_fits.py` computes the coefficients of the first two.
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
  i64x2,
  v128,
} from "../assembler.ts";
import { splitLog } from "./exponential.ts";
import {
  abs,
  choose,
  type GeluParts,
  highHalf,
  inHalves,
  isBeyond,
  joinHalves,
  type Lanes,
  lanesBeyond,
  lowHalf,
  madd,
  nmadd,
  polynomial,
  polynomial64,
  signOf,
  unlessAll,
  type Vector,
} from "./lanes.ts";

/** `erf(x) / x` in powers of x^2 for |x| <= 0.96, within 2^-24. */
const ERF = [
  1.1283791,
  -0.3761228,
  0.112800464,
  -0.026712818,
  0.004924624,
  -5.680127e-4,
];

/** `(1 - erf(x))^(-1/4)` in powers of `x - 1` for x in [0.95, 3.93]; erf
 * within 2^-26. */
const ERFC_ROOT = [
  1.5878825,
  1.0475918,
  0.6802554,
  0.3135748,
  0.12522998,
  0.054625306,
  -0.001195491,
  0.021188311,
  -0.007991349,
  0.0026037626,
];
const ERFC_CENTRE = 1;

/** GELU takes the quicker way up to this |x|. */
const GELU_LIMIT = 3.5;
/** Powers of z less this are taken. */
const GELU_CENTRE = 1.75;
/** In it, `v` is the shift and z times the slope; both and the square of the
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

/**
 * `e^(z^2 / 2) Φ(-z) / t` in powers of `t - 0.609375` where t is
 * `1 / (1 + z / 4)`, for z in [0, 14.5], within 2^-26; Φ is the normal
 * distribution.
 */
const MILLS = [
  0.22722043097019195556640625,
  0.403324425220489501953125,
  0.52753651142120361328125,
  0.484245479106903076171875,
  0.2623040378093719482421875,
  1.1850287206470966339111328125e-2,
  -8.898781239986419677734375e-2,
  -3.29664982855319976806640625e-2,
  2.8181843459606170654296875e-2,
  1.70397423207759857177734375e-2,
];
const MILLS_CENTRE = 0.609375;

/** `log2((1 + s) / (1 - s)) / s` in powers of s^2, |s| <= 0.1716; 2^-45. */
const LOG2_64 = [
  2.885390081777849946575997819309122860431671142578125,
  0.96179669411340318330161380799836479127407073974609375,
  0.5770779423483951564577409953926689922809600830078125,
  0.41220925403812647136447822049376554787158966064453125,
  0.3199056272598299610621097599505446851253509521484375,
  0.28290118742135839102758154695038683712482452392578125,
];

/** `2^r` for |r| <= 1/2, within 2^-28. */
const EXP2_64 = [
  1,
  0.69314720285503861330056452061398886144161224365234375,
  0.2402264791364135121387590743324835784733295440673828125,
  5.5503324711697832327672585961408913135528564453125e-2,
  9.6184373560094550692500803279472165741026401519775390625e-3,
  1.33988744010399003607492129930278669239563643932342529296875e-3,
  1.535336237434721507431889531147817251621745526790618896484375e-4,
];

/** Adding it rounds a float to an integer and leaves that in its low bits. */
const ROUNDER = 1.5 * 2 ** 23;
const ROUNDER_64 = 1.5 * 2 ** 52;
const I23 = i32.const(23);
const I52 = i32.const(52);

/** The error function, 2 ulp. */
export function erf(lanes: Lanes, x: Vector): Vector {
  const { f } = lanes;
  const a = abs(lanes, x);
  const near = f.let(
    f32x4.mul(polynomial(lanes, f.let(f32x4.mul(a, a)), ERF), a),
  );
  const limited = f32x4.pmin(a, f.f32x4(3.93));
  const u = f.let(f32x4.sub(limited, f.f32x4(ERFC_CENTRE)));
  const root = f.let(
    f32x4.div(f.f32x4(1), inHalves(lanes, u, ERFC_ROOT)),
  );
  const square = f.let(f32x4.mul(root, root));
  const far = nmadd(lanes, square, square, f.f32x4(1));
  // NaN is not above the bound and so takes the polynomial's NaN.
  const above = f32x4.gt(a, f.f32x4(0.955));
  // One instruction instead of three, where the engine has it.
  const value = lanes.fused
    ? i32x4.relaxed_laneselect(far, near, above)
    : choose(above, far, near);
  return f.let(v128.or(value, signOf(lanes, x)));
}

/** Two doubles `2^t` for |t| <= 1000. */
function exp2Half(lanes: Lanes, t: Vector): Code<"v128"> {
  const { f } = lanes;
  const rounded = f.let(f64x2.add(t, f.hoist(f64x2.const(ROUNDER_64))));
  const n = f64x2.sub(rounded, f.hoist(f64x2.const(ROUNDER_64)));
  const value = polynomial64(lanes, f.let(f64x2.sub(t, n)), EXP2_64);
  return i64x2.add(value, i64x2.shl(rounded, I52));
}

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
 * `x Φ(x)`, 1 ulp, as `max(x, 0) - |x| Φ(-|x|)`. Where products are fused and
 * every |x| is at most 3.5, in floats; otherwise in double precision, since each
 * factor of the tail would lose a unit or two of its own.
 */
export function gelu(lanes: Lanes, x: Vector): Vector {
  return bounded(lanes, x, "gelu", geluBounded, geluAny);
}

/**
 * The derivative of GELU, `Φ(x) + x φ(x)`, 0.8 ulp of results of 1, as w or `1 - w` where w
 * is `Φ(-|x|) - |x| φ(|x|)`. Beside GELU it takes a dozen instructions.
 */
export function geluSlope(lanes: Lanes, x: Vector): Vector {
  return bounded(lanes, x, "geluSlope", slopeBounded, slopeAny);
}

/**
 * A function that is quicker for |x| <= 3.5, by fused products. What a lane gets
 * does not depend on the others.
 */
function bounded(
  lanes: Lanes,
  x: Vector,
  name: string,
  quick: (lanes: Lanes, x: Vector, parts: GeluParts) => Vector,
  any: (lanes: Lanes, x: Vector) => Vector,
): Vector {
  const { f } = lanes;
  if (!lanes.fused) return any(lanes, x);
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
 * `Φ(-|x|)` for |x| <= 3.5 by fused products. `2 Φ(-z)` is `2^(d^2 - v^2 + c(z))`
 * with `v = d + k z` and a small c, so that nearly all of the exponent is a
 * square. What the square and v lose by rounding is known, and what is left of
 * the exponent after an integer n is exact: `power` is `2^r - 1`, which goes to 0
 * with z.
 */
function partsOf(lanes: Lanes, x: Vector): GeluParts {
  const known = lanes.known?.get(x);
  if (known !== undefined) return known;
  const { f } = lanes;
  const z = abs(lanes, x);
  const k = f.f32x4(GELU_SLOPE);
  const d = f.f32x4(GELU_SHIFT);
  const v = f.let(madd(lanes, k, z, d));
  // What v is too large by.
  const surplus = nmadd(lanes, k, z, f32x4.sub(v, d));
  const square = f.let(f32x4.mul(v, v));
  const rest = f.let(
    madd(
      lanes,
      f32x4.add(v, v),
      surplus,
      nmadd(lanes, v, v, square),
    ),
  );
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
  const sum = polynomial(lanes, centred, GELU_CORRECTION);
  const exact = f.let(f32x4.sub(n, above));
  const small = f.let(madd(lanes, sum, z, rest));
  const r = f.let(f32x4.add(exact, small));
  const [first, ...others] = EXP2M1;
  const power = f.let(
    madd(
      lanes,
      polynomial(lanes, r, others),
      f.let(f32x4.mul(r, r)),
      f32x4.mul(small, f.f32x4(first!)),
    ),
  );
  f.set(power, madd(lanes, exact, f.f32x4(first!), power));
  const beyond = f.let(isBeyond(lanes, x, GELU_LIMIT));
  const parts = { z, rounded, power, beyond };
  lanes.known?.set(x, parts);
  return parts;
}

/** GELU of |x| <= 3.5: `z Φ(-z)` is `M + M power`, where M is `(z / 2) 2^-n`. */
function geluBounded(
  lanes: Lanes,
  x: Vector,
  { z, rounded, power }: GeluParts,
): Vector {
  const { f } = lanes;
  const m = f.let(
    i32x4.sub(f32x4.mul(z, f.f32x4(0.5)), i32x4.shl(rounded, I23)),
  );
  const most = f.let(f32x4.pmax(x, f.f32x4(0)));
  // `most - m` and what rounding it loses; a negative x leaves 0 and -m.
  const left = f.let(f32x4.pmax(f32x4.sub(most, m), f.f32x4(0)));
  const lost = f32x4.sub(f32x4.sub(most, left), m);
  return f.let(f32x4.add(left, nmadd(lanes, m, power, lost)));
}

/** The slope of GELU for |x| <= 3.5: `z φ(z)` is a part of `Φ(-z)`. */
function slopeBounded(
  lanes: Lanes,
  x: Vector,
  { z, rounded, power }: GeluParts,
): Vector {
  const { f } = lanes;
  const half = f.let(i32x4.sub(f.f32x4(0.5), i32x4.shl(rounded, I23)));
  const below = f.let(madd(lanes, half, power, half));
  const rest = polynomial(lanes, z, SLOPE);
  const share = madd(lanes, rest, z, f.f32x4(1));
  return fromTail(lanes, x, f.let(f32x4.mul(below, share)));
}

/** Two doubles `2^(y (k + log2 m))`. */
function powHalf(
  lanes: Lanes,
  m: Code<"v128">,
  k: Code<"v128">,
  y: Code<"v128">,
): Code<"v128"> {
  const { f } = lanes;
  const one = f.hoist(f64x2.const(1));
  const wide = f.let(m);
  const s = f.let(f64x2.div(f64x2.sub(wide, one), f64x2.add(wide, one)));
  const sum = polynomial64(lanes, f.let(f64x2.mul(s, s)), LOG2_64);
  const log2 = f64x2.add(f64x2.mul(sum, s), k);
  // Beyond ±200 a float is 0 or ∞ already; NaN stays.
  const t = f.let(
    f64x2.pmax(
      f64x2.pmin(f64x2.mul(log2, y), f.hoist(f64x2.const(200))),
      f.hoist(f64x2.const(-200)),
    ),
  );
  return exp2Half(lanes, t);
}

/**
 * `x^y`, 1 ulp, with C's conventions: x^0 and 1^y are 1 whatever the other
 * is, and so is (-1)^±∞. A function of its own in the module: inlined it
 * would only be long.
 */
export function pow(lanes: Lanes, x: Vector, y: Vector): Vector {
  const { module } = lanes.f;
  const helper = module.helper(
    "pow",
    () =>
      module.func(null, ["v128", "v128"], "v128", (f, x, y) => {
        f.result(powBody({ ...lanes, f }, x, y));
      }),
  );
  return lanes.f.let(helper.call(x, y));
}

function powBody(lanes: Lanes, x: Vector, y: Vector): Vector {
  const { f } = lanes;
  const one = f.f32x4(1);
  const zero = f.f32x4(0);
  const infinity = f.f32x4(Infinity);
  const a = abs(lanes, x);
  const tiny = f.let(f32x4.lt(a, f.f32x4(2 ** -126)));
  const scaled = f.let(choose(tiny, f32x4.mul(a, f.f32x4(2 ** 23)), a));
  const split = splitLog(lanes, scaled);
  const k = f.let(f32x4.sub(split.k, v128.and(tiny, f.f32x4(23))));
  const m = f.let(f32x4.add(split.f, one));
  const result = f.let(
    joinHalves(
      powHalf(lanes, lowHalf(m), lowHalf(k), lowHalf(y)),
      powHalf(lanes, highHalf(m), highHalf(k), highHalf(y)),
    ),
  );
  const ordinary = v128.and(
    v128.and(f32x4.gt(x, zero), f32x4.lt(x, infinity)),
    f32x4.lt(abs(lanes, y), infinity),
  );
  unlessAll(lanes, ordinary, () => {
    // What 0^y, ∞^y and x^±∞ go to: 0, or ∞ where the signs agree.
    const grows = v128.xor(f32x4.gt(a, one), f32x4.lt(y, zero));
    const extreme = v128.or(
      v128.or(f32x4.eq(a, zero), f32x4.eq(a, infinity)),
      f32x4.eq(abs(lanes, y), infinity),
    );
    f.set(result, choose(extreme, v128.and(grows, infinity), result));
    // A negative base: odd exponents negate, fractions have no real result.
    const whole = f.let(f32x4.eq(f32x4.trunc(y), y));
    const half = f.let(f32x4.mul(y, f.f32x4(0.5)));
    const odd = v128.andnot(whole, f32x4.eq(f32x4.trunc(half), half));
    const negative = f.let(i32x4.shr_s(x, i32.const(31)));
    const sign = v128.and(v128.and(negative, odd), f.i32x4(-0x80000000));
    f.set(result, v128.xor(result, sign));
    const finite = v128.and(f32x4.gt(a, zero), f32x4.lt(a, infinity));
    f.set(
      result,
      v128.or(result, v128.and(v128.andnot(negative, whole), finite)),
    );
    f.set(
      result,
      v128.or(result, v128.or(f32x4.ne(x, x), f32x4.ne(y, y))),
    );
    const unit = v128.or(
      v128.or(f32x4.eq(x, one), f32x4.eq(y, zero)),
      v128.and(f32x4.eq(a, one), f32x4.eq(abs(lanes, y), infinity)),
    );
    f.set(result, choose(unit, one, result));
  });
  return result;
}

/** Two doubles `a - b trunc(a / b)`, exact for quotients below 2^28. */
function truncatedHalf(
  { f }: Lanes,
  a: Code<"v128">,
  b: Code<"v128">,
): Code<"v128"> {
  const x = f.let(a);
  const y = f.let(b);
  return f64x2.sub(x, f64x2.mul(f64x2.trunc(f64x2.div(x, y)), y));
}

/** Exact remainder with the sign of the divisor, as Python's `%`. */
export function remainder(lanes: Lanes, x: Vector, y: Vector): Vector {
  const { module } = lanes.f;
  const helper = module.helper("remainder", () => {
    const exact = lanes.remainder();
    return module.func(null, ["v128", "v128"], "v128", (f, a, b) => {
      const inner = { ...lanes, f };
      const r = f.let(
        joinHalves(
          truncatedHalf(inner, lowHalf(a), lowHalf(b)),
          truncatedHalf(inner, highHalf(a), highHalf(b)),
        ),
      );
      const quotient = abs(inner, f.let(f32x4.div(a, b)));
      const simple = v128.and(
        f32x4.lt(quotient, f.f32x4(2 ** 27)),
        f32x4.lt(abs(inner, b), f.f32x4(Infinity)),
      );
      unlessAll(inner, simple, () => {
        for (let lane = 0; lane < 4; lane++) {
          const value = exact.call(
            f64.promote_f32(f32x4.extract_lane(a, lane)),
            f64.promote_f32(f32x4.extract_lane(b, lane)),
          );
          f.set(r, f32x4.replace_lane(r, lane, f32.demote_f64(value)));
        }
      });
      // The sign of the dividend stays where nothing is left.
      const nothing = f.let(f32x4.eq(r, f.f32x4(0)));
      f.set(r, choose(nothing, v128.or(r, signOf(inner, a)), r));
      const differs = i32x4.shr_s(v128.xor(r, b), i32.const(31));
      f.result(
        choose(v128.andnot(differs, nothing), f32x4.add(r, b), r),
      );
    });
  });
  return lanes.f.let(helper.call(x, y));
}
