/**
 * The error function, powers and remainders on four floats at once.
 * `tools/math_fits.py` computes the coefficients of the first.
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
  highHalf,
  inHalves,
  joinHalves,
  type Lanes,
  lowHalf,
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

/** `log2((1 + s) / (1 - s)) / s` in powers of s^2, |s| <= 0.1716; 2^-45. */
const LOG2_64 = [
  2.88539008177785,
  0.961796694113403,
  0.577077942348395,
  0.4122092540381265,
  0.31990562725983,
  0.2829011874213584,
];

/** `2^r` for |r| <= 1/2, within 2^-28. */
const EXP2_64 = [
  1,
  0.693147203,
  0.2402264791,
  0.0555033247,
  0.009618437356,
  0.00133988744,
  0.0001535336237,
];

/** Adding it rounds a double to an integer and leaves that in its low bits. */
const ROUNDER_64 = 1.5 * 2 ** 52;
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
export function exp2Half(lanes: Lanes, t: Vector): Code<"v128"> {
  const { f } = lanes;
  const rounded = f.let(f64x2.add(t, f.hoist(f64x2.const(ROUNDER_64))));
  const n = f64x2.sub(rounded, f.hoist(f64x2.const(ROUNDER_64)));
  const value = polynomial64(lanes, f.let(f64x2.sub(t, n)), EXP2_64);
  return i64x2.add(value, i64x2.shl(rounded, I52));
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
