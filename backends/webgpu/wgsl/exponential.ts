/**
 * Exponentials and logarithms in WGSL, whose own are allowed errors that would
 * show. Arguments are reduced in the manner of Cody and Waite; polynomials are
 * minimax fits with float32 coefficients. Errors named here are against
 * float64 on a software adapter.
 *
 * @module
 */

/** Functions by name. */
export const EXPONENTIAL: Readonly<Record<string, string>> = {
  // e^r - 1 for |r| <= 0.35.
  tf_expm1_small: `fn tf_expm1_small(r: f32) -> f32 {
  return r + r * r * (0.5f + r * (0.166666672f + r * (0.0416664556f +
    r * (0.00833328441f + r * (0.00139345450f + r * 0.000199088885f)))));
}`,
  tf_power_of_two: `fn tf_power_of_two(n: i32) -> f32 {
  return bitcast<f32>(bitcast<u32>(n + 127) << 23u);
}`,
  // y * 2^n in two steps, so that overflow and underflow come out right.
  tf_scale: `fn tf_scale(y: f32, n: i32) -> f32 {
  let half = n >> 1u;
  return y * tf_power_of_two(half) * tf_power_of_two(n - half);
}`,
  // x - n ln 2.
  tf_less_ln2: `fn tf_less_ln2(x: f32, n: f32) -> f32 {
  return (x - n * 0.693359375f) - n * -0.000212194440f;
}`,
  tf_exp: `fn tf_exp(x: f32) -> f32 {
  let bounded = clamp(x, -106.0f, 90.0f);
  let n = round(bounded * 1.44269504f);
  let y = 1.0f + tf_expm1_small(tf_less_ln2(bounded, n));
  return select(tf_scale(y, i32(n)), x, tf_is_nan(x));
}`,
  tf_expm1: `fn tf_expm1(x: f32) -> f32 {
  let bounded = clamp(x, -30.0f, 88.0f);
  let n = round(bounded * 1.44269504f);
  let power = tf_power_of_two(i32(n));
  let small = tf_expm1_small(tf_less_ln2(bounded, n));
  let y = tf_abs(small * power + (power - 1.0f));
  return select(tf_signed(y, x), tf_exp(x), (x > 88.0f) | tf_is_nan(x));
}`,

  // x = 2^k (1 + f) with 1 + f from [sqrt(1/2), sqrt(2)), as (k, f).
  tf_split_log: `fn tf_split_log(x: f32) -> vec2<f32> {
  var bits = bitcast<i32>(x);
  var extra = 0;
  if (bits < 0x00800000) {
    let shift = countLeadingZeros(bits) - 8;
    bits = ((bits << bitcast<u32>(shift)) & 0x007fffff) | 0x00800000;
    extra = shift;
  }
  let above = bits - 0x3f3504f3;
  let k = f32((above >> 23u) - extra);
  let rest = bitcast<f32>(bits - ((above >> 23u) << 23u));
  return vec2<f32>(k, rest - 1.0f);
}`,
  // log(1 + f) - f for 1 + f from [sqrt(1/2), sqrt(2)).
  tf_log_tail: `fn tf_log_tail(f: f32) -> f32 {
  let sum = 0.333333164f + f * (-0.250008106f + f * (0.200022861f +
    f * (-0.166245535f + f * (0.141812041f + f * (-0.131287739f +
    f * (0.128815889f + f * -0.0785950422f))))));
  return f * f * f * sum - 0.5f * f * f;
}`,
  tf_join_log: `fn tf_join_log(k: f32, f: f32) -> f32 {
  return k * 0.693359375f + (f + (tf_log_tail(f) + k * -0.000212194440f));
}`,
  // y, or what a logarithm of x is where x is not a positive number.
  tf_log_limits: `fn tf_log_limits(y: f32, x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let number = select(y, tf_nan(), bits > 0x7f800000u);
  let above = select(number, x, bits == 0x7f800000u);
  return select(above, tf_neg(tf_inf()), tf_magnitude(x) == 0u);
}`,
  tf_log: `fn tf_log(x: f32) -> f32 {
  let s = tf_split_log(x);
  return tf_log_limits(tf_join_log(s.x, s.y), x);
}`,
  tf_log2: `fn tf_log2(x: f32) -> f32 {
  let s = tf_split_log(x);
  return tf_log_limits(s.x + (s.y + tf_log_tail(s.y)) * 1.44269504f, x);
}`,
  // The exponent comes from 1 + x, the rest from x 2^-k + (2^-k - 1), in which
  // only the last sum rounds.
  tf_log1p: `fn tf_log1p(x: f32) -> f32 {
  let k = (bitcast<i32>(1.0f + x) - 0x3f3504f3) >> 23u;
  let power = tf_power_of_two(clamp(-k, -126, 126));
  let f = x * power + (power - 1.0f);
  let y = tf_abs(tf_join_log(f32(k), f));
  let small = tf_signed(y, x);
  let large = tf_log_limits(tf_log(x), 1.0f + x);
  return select(large, small, (x > -1.0f) & (x < 1e30f) & !tf_is_nan(x));
}`,

  // -t / (t + 2) with t = e^(-2|x|) - 1; from 10 on the result is 1.
  tf_tanh: `fn tf_tanh(x: f32) -> f32 {
  let t = tf_expm1(-2.0f * min(tf_abs(x), 10.0f));
  return select(tf_signed(tf_abs(t) / (t + 2.0f), x), x, tf_is_nan(x));
}`,
  tf_sigmoid: `fn tf_sigmoid(x: f32) -> f32 {
  let e = tf_exp(tf_neg(tf_abs(x)));
  return select(select(1.0f, e, x < 0.0f) / (1.0f + e), x, tf_is_nan(x));
}`,
  tf_softplus: `fn tf_softplus(x: f32) -> f32 {
  let e = tf_exp(tf_neg(tf_abs(x)));
  return select(max(x, 0.0f) + tf_log1p(e), x, tf_is_nan(x));
}`,
};
