/**
 * Sine, cosine, tangent and arc tangent in WGSL, whose own are allowed an
 * absolute error of 2^-11.
 *
 * @module
 */

/** Functions by name. */
export const TRIGONOMETRIC: Readonly<Record<string, string>> = {
  tf_mul_high: `fn tf_mul_high(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let low = al * bl;
  let middle = ah * bl + (low >> 16u);
  let other = al * bh + (middle & 0xffffu);
  return ah * bh + (middle >> 16u) + (other >> 16u);
}`,
  // 2/pi, 32 bits at a time after one word of zeros.
  tf_two_over_pi: `fn tf_two_over_pi(i: u32) -> u32 {
  switch i {
    case 1u: { return 0xa2f9836eu; }
    case 2u: { return 0x4e441529u; }
    case 3u: { return 0xfc2757d1u; }
    case 4u: { return 0xf534ddc0u; }
    case 5u: { return 0xdb629599u; }
    case 6u: { return 0x3c439041u; }
    case 7u: { return 0xfe5163abu; }
    default: { return 0u; }
  }
}`,
  tf_angle: `struct tf_angle { r: f32, quadrant: u32 }`,
  // Payne and Hanek: 96 bits of 2/pi times the significand, modulo 4.
  tf_reduce_large: `fn tf_reduce_large(x: f32) -> tf_angle {
  let bits = tf_magnitude(x);
  let significand = (bits << 8u) | 0x80000000u;
  let first = (bits >> 23u) - 128u;
  let word = first >> 5u;
  let shift = first & 31u;
  var w: array<u32, 3>;
  for (var i = 0u; i < 3u; i++) {
    w[i] = (tf_two_over_pi(word + i) << shift) |
      ((tf_two_over_pi(word + i + 1u) >> 1u) >> (31u - shift));
  }
  let low = significand * w[2];
  let carried = tf_mul_high(significand, w[2]);
  let middle = significand * w[1] + carried;
  let carry = select(0u, 1u, middle < carried);
  let top = significand * w[0] + tf_mul_high(significand, w[1]) + carry;
  let whole = bitcast<i32>((top << 2u) | (middle >> 30u));
  let rest = (middle << 2u) | (low >> 30u);
  let turn = f32(whole) * 0x1p-32f + f32(rest) * 0x1p-64f;
  let quadrant = (top >> 30u) + select(0u, 1u, whole < 0);
  let negative = bitcast<i32>(x) < 0;
  return tf_angle(
    select(turn, -turn, negative) * 1.57079633f,
    select(quadrant, 0u - quadrant, negative),
  );
}`,
  // x = quadrant pi/2 + r with |r| <= pi/4 (or a rounding more).
  tf_reduce: `fn tf_reduce(x: f32) -> tf_angle {
  if (tf_magnitude(x) >= 0x46000000u) {
    return tf_reduce_large(x);
  }
  let n = round(x * 0.636619772f);
  let r = ((x - n * 1.5703125f) - n * 0.000483751297f) - n * 7.54978995e-8f;
  return tf_angle(r, bitcast<u32>(i32(n)));
}`,
  tf_sin_small: `fn tf_sin_small(r: f32) -> f32 {
  let z = r * r;
  return r + r * z * (-0.166666672f + z * (0.00833333191f +
    z * (-0.000198400638f + z * 0.00000272469470f)));
}`,
  tf_cos_small: `fn tf_cos_small(r: f32) -> f32 {
  let z = r * r;
  return 1.0f - 0.5f * z + z * z * (0.0416666679f + z * (-0.00138888881f +
    z * (0.0000248005812f + z * -2.72984636e-7f)));
}`,
  tf_sin_turned: `fn tf_sin_turned(r: f32, quadrant: u32) -> f32 {
  let y = select(tf_sin_small(r), tf_cos_small(r), (quadrant & 1u) == 1u);
  return select(y, -y, (quadrant & 2u) == 2u);
}`,
  tf_sin: `fn tf_sin(x: f32) -> f32 {
  let a = tf_reduce(x);
  let y = select(tf_sin_turned(a.r, a.quadrant), tf_nan(), !tf_is_finite(x));
  return select(y, x, tf_magnitude(x) < 0x39000000u);
}`,
  tf_cos: `fn tf_cos(x: f32) -> f32 {
  let a = tf_reduce(x);
  return select(tf_sin_turned(a.r, a.quadrant + 1u), tf_nan(), !tf_is_finite(x));
}`,
  tf_tan: `fn tf_tan(x: f32) -> f32 {
  let a = tf_reduce(x);
  let s = tf_sin_small(a.r);
  let c = tf_cos_small(a.r);
  let odd = (a.quadrant & 1u) == 1u;
  let y = select(s, -c, odd) / select(c, s, odd);
  return select(
    select(y, tf_nan(), !tf_is_finite(x)),
    x,
    tf_magnitude(x) < 0x39000000u,
  );
}`,

  // atan t for t from [0, 1], through t or (t - 1) / (t + 1).
  tf_atan_unit: `fn tf_atan_unit(t: f32) -> f32 {
  let steep = t > 0.414213562f;
  let u = select(t, (t - 1.0f) / (t + 1.0f), steep);
  let z = u * u;
  let y = u + u * z * (-0.333333313f + z * (0.199995562f +
    z * (-0.142643943f + z * (0.107476197f + z * -0.0646269247f))));
  return select(y, y + 0.785398163f, steep);
}`,
  tf_atan2: `fn tf_atan2(y: f32, x: f32) -> f32 {
  let ay = tf_abs(y);
  let ax = tf_abs(x);
  let most = max(ax, ay);
  var t = tf_div(min(ax, ay), most);
  t = select(t, 0.0f, most == 0.0f);
  t = select(t, 1.0f, !tf_is_finite(x) & !tf_is_finite(y));
  var angle = tf_atan_unit(t);
  angle = select(angle, 1.57079633f - angle, ay > ax);
  angle = select(angle, 3.14159265f - angle, bitcast<i32>(x) < 0);
  return select(tf_nan(), tf_signed(angle, y), tf_ordered(x, y));
}`,
};
