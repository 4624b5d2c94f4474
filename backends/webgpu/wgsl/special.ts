/**
 * The error function, powers, remainders and random bits in WGSL.
 *
 * @module
 */
import {
  THREEFRY_PARITY,
  THREEFRY_ROTATIONS,
  THREEFRY_ROUNDS,
} from "@tenfold/core/backend";

/** Functions by name. */
export const SPECIAL: Readonly<Record<string, string>> = {
  // erfc(z) e^(z^2) for z from [0.8, 10.6].
  tf_erfcx: `fn tf_erfcx(z: f32) -> f32 {
  let t = 1.0f / (1.0f + 0.4f * z);
  return t * (0.225683555f + t * (0.225477070f + t * (0.209841684f +
    t * (0.157412991f + t * (0.177695811f + t * (-0.0766466185f +
    t * (0.251221150f + t * (-0.234458566f + t * 0.0637936518f))))))));
}`,
  // erf x for |x| <= 1.
  tf_erf_small: `fn tf_erf_small(x: f32) -> f32 {
  let z = x * x;
  return x * (1.12837923f + z * (-0.376126379f + z * (0.112837829f +
    z * (-0.0268654451f + z * (0.00522107491f + z * (-0.000848471187f +
    z * (0.000112705457f + z * -0.00000968014047f)))))));
}`,
  tf_erf: `fn tf_erf(x: f32) -> f32 {
  let z = clamp(tf_abs(x), 0.8f, 4.0f);
  let y = tf_signed(1.0f - tf_exp(-z * z) * tf_erfcx(z), x);
  return select(select(y, tf_erf_small(x), tf_abs(x) < 1.0f), x, tf_is_nan(x));
}`,
  // x/2 erfc(-x / sqrt 2). In the lower tail x^2 is taken in two parts, as the
  // exponential would magnify its rounding.
  tf_gelu: `fn tf_gelu(x: f32) -> f32 {
  let a = clamp(tf_abs(x), 1.2f, 15.0f);
  let high = tf_high(a);
  let z = a * 0.707106781f;
  let density = tf_exp(-0.5f * high * high) *
    tf_exp(-0.5f * (a - high) * (a + high));
  let tail = (a * density) * (0.5f * tf_erfcx(min(z, 10.6f)));
  let inner = x * (0.5f + 0.5f * tf_erf_small(clamp(x, -1.2f, 1.2f) * 0.707106781f));
  let outer = select(-tail, x - tail, x > 0.0f);
  let y = select(outer, inner, tf_abs(x) < 1.2f);
  return select(y, x, tf_is_nan(x) | (bitcast<u32>(x) == 0x7f800000u));
}`,
  // The slope of it: for x < 0 the tail 1/2 erfc(z) less |x| times the density.
  tf_gelu_slope: `fn tf_gelu_slope(x: f32) -> f32 {
  let a = min(tf_abs(x), 15.0f);
  let high = tf_high(a);
  let z = a * 0.707106781f;
  let density = tf_exp(-0.5f * high * high) *
    tf_exp(-0.5f * (a - high) * (a + high));
  let inner = 0.5f - 0.5f * tf_erf_small(min(z, 0.9f));
  let outer = density * (0.5f * tf_erfcx(clamp(z, 0.8f, 10.6f)));
  let below = select(outer, inner, a < 1.2f) - a * density * 0.398942280f;
  return select(tf_nan(), select(below, 1.0f - below, x >= 0.0f), tf_is_finite(x));
}`,

  // log2 of a positive number in two parts, in the manner of fdlibm: s is
  // (m - 1) / (m + 1), log m its series 2 (s + s^3/3 + s^5/5 + ...).
  tf_log2_parts: `fn tf_log2_parts(x: f32) -> vec2<f32> {
  let split = tf_split_log(x);
  let f = split.y;
  let m = 1.0f + f;
  let g = m + 1.0f;
  let s = f / g;
  let s_high = tf_high(s);
  let g_high = tf_high(g);
  let g_low = m - (g_high - 1.0f);
  let s_low = ((f - s_high * g_high) - s_high * g_low) / g;
  let z = s * s;
  let series = s * z * (0.333333333f + z * (0.2f + z * (0.142857143f +
    z * (0.111111111f + z * 0.0909090909f))));
  let high = tf_high(s_high + (s_low + series));
  let low = (s_low + series) - (high - s_high);
  // 2 / ln 2 in two parts.
  let log_high = high * 2.884765625f;
  let log_low = high * 0.000624456778f + low * 2.88539008f;
  let sum = tf_high(split.x + (log_high + log_low));
  return vec2<f32>(sum, log_low - ((sum - split.x) - log_high));
}`,
  // |x|^y for x that is neither 0, 1 nor infinite, and finite y.
  tf_pow_magnitude: `fn tf_pow_magnitude(x: f32, y: f32) -> f32 {
  let exponent = clamp(y, -4e9f, 4e9f);
  let log = tf_log2_parts(tf_abs(x));
  let high = tf_high(exponent);
  let product = high * log.x;
  let rest = (exponent - high) * log.x + exponent * log.y;
  let sum = product + rest;
  let n = round(clamp(sum, -160.0f, 140.0f));
  let y2 = 1.0f + tf_expm1_small(((product - n) + rest) * 0.693147181f);
  let bounded = select(y2, 1.0f, (sum > 130.0f) | (sum < -152.0f));
  return tf_scale(bounded, i32(n));
}`,
  // C's pow, except that 1^NaN and NaN^0 are 1 there too.
  tf_pow: `fn tf_pow(x: f32, y: f32) -> f32 {
  let ax = tf_magnitude(x);
  let ay = tf_magnitude(y);
  let negative_y = bitcast<i32>(y) < 0;
  var r = tf_pow_magnitude(x, y);
  let to_infinity = (ay == 0x7f800000u) & ((ax > 0x3f800000u) != negative_y);
  let infinite = to_infinity |
    ((ax == 0u) & negative_y) | ((ax == 0x7f800000u) & !negative_y);
  let extreme = (ay == 0x7f800000u) | (ax == 0u) | (ax == 0x7f800000u);
  r = select(r, select(0.0f, tf_inf(), infinite), extreme);
  r = select(r, 1.0f, ax == 0x3f800000u);
  if (bitcast<i32>(x) < 0) {
    let large = ay >= 0x4b800000u;
    let whole = large | (bitcast<u32>(trunc(y)) == bitcast<u32>(y));
    let odd = !large & whole & ((i32(y) & 1) == 1);
    r = select(r, tf_neg(r), odd);
    r = select(r, tf_nan(), !whole & !((ax == 0u) | (ax == 0x7f800000u)));
  }
  r = select(r, tf_nan(), !tf_ordered(x, y));
  return select(r, 1.0f, (ay == 0u) | (bitcast<u32>(x) == 0x3f800000u));
}`,

  // The exact remainder, eight bits of the quotient at a time, then moved to
  // the side of the divisor: in integers too, as a remainder may be subnormal.
  tf_remainder: `fn tf_remainder(a: f32, b: f32) -> f32 {
  let ua = tf_magnitude(a);
  let ub = tf_magnitude(b);
  if ((ub == 0u) | (ua >= 0x7f800000u) | (ub > 0x7f800000u)) {
    return tf_nan();
  }
  let opposite = (bitcast<i32>(a) < 0) != (bitcast<i32>(b) < 0);
  if ((ub == 0x7f800000u) | (ua < ub)) {
    return select(a, a + b, opposite & (ua != 0u));
  }
  var ea = max(ua >> 23u, 1u);
  let eb = max(ub >> 23u, 1u);
  let mb = (ub & 0x007fffffu) | select(0u, 0x00800000u, ub >= 0x00800000u);
  var m = (ua & 0x007fffffu) | select(0u, 0x00800000u, ua >= 0x00800000u);
  m = m % mb;
  while (ea > eb) {
    let step = min(ea - eb, 8u);
    m = (m << step) % mb;
    ea -= step;
  }
  let moved = opposite & (m != 0u);
  m = select(m, mb - m, moved);
  var bits = 0u;
  if (m != 0u) {
    let shift = countLeadingZeros(m) - 8u;
    bits = select(
      m << (eb - 1u),
      ((eb - shift) << 23u) | ((m << shift) & 0x007fffffu),
      eb > shift,
    );
  }
  let side = select(bitcast<u32>(a), bitcast<u32>(b), moved);
  return bitcast<f32>(bits | (side & 0x80000000u));
}`,

  tf_int_remainder: `fn tf_int_remainder(a: i32, b: i32) -> i32 {
  if ((b == 0) | (b == -1)) {
    return 0;
  }
  // Not a % b, which Vulkan leaves undefined for negative operands.
  let r = a - (a / b) * b;
  return select(r, r + b, (r != 0) & ((r < 0) != (b < 0)));
}`,
  tf_int_pow: `fn tf_int_pow(a: i32, b: i32) -> i32 {
  if (b < 0) {
    return select(select(0, select(1, -1, (b & 1) == 1), a == -1), 1, a == 1);
  }
  var result = 1;
  var base = a;
  var e = b;
  while (e > 0) {
    if ((e & 1) == 1) {
      result *= base;
    }
    base *= base;
    e >>= 1u;
  }
  return result;
}`,

  tf_threefry: threefry(),
};

/** Threefry-2x32 with its rounds written out. */
function threefry(): string {
  const lines = [
    "let k0 = bitcast<u32>(a);",
    "let k1 = bitcast<u32>(b);",
    `let k2 = k0 ^ k1 ^ ${THREEFRY_PARITY}u;`,
    "var x = bitcast<u32>(c) + k0;",
    "var y = bitcast<u32>(d) + k1;",
  ];
  for (let round = 0; round < THREEFRY_ROUNDS; round++) {
    const turn = THREEFRY_ROTATIONS[round % THREEFRY_ROTATIONS.length]!;
    lines.push(
      "x += y;",
      `y = ((y << ${turn}u) | (y >> ${32 - turn}u)) ^ x;`,
    );
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      lines.push(
        `x += k${injection % 3};`,
        `y += k${(injection + 1) % 3} + ${injection}u;`,
      );
    }
  }
  return [
    "fn tf_threefry(a: i32, b: i32, c: i32, d: i32) -> i32 {",
    ...lines.map((line) => `  ${line}`),
    "  return bitcast<i32>(x);",
    "}",
  ].join("\n");
}
