/**
 * WGSL functions on the bits of floats. Compilers of WGSL may assume that NaN,
 * infinities and the sign of zero do not occur, so these are tested in the bits
 * and never by a comparison.
 *
 * @module
 */

/** Functions by name; each is whole, and may call others of the library. */
export const BITS: Readonly<Record<string, string>> = {
  // Constants that compilers shall not know.
  tf_inf: `fn tf_inf() -> f32 { return bitcast<f32>(P[0].x); }`,
  tf_nan: `fn tf_nan() -> f32 { return bitcast<f32>(P[0].y); }`,
  tf_zero: `fn tf_zero() -> f32 { return bitcast<f32>(P[0].z); }`,
  tf_minus_zero: `fn tf_minus_zero() -> f32 { return bitcast<f32>(P[0].w); }`,

  // The same number, of which compilers do not know that. They would take
  // x - x for 0, and (x + y) - x for y.
  tf_opaque: `fn tf_opaque(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ bitcast<u32>(P[0].z));
}`,
  // Truncates; what is too large saturates, and NaN gives 0.
  tf_to_int: `fn tf_to_int(x: f32) -> i32 {
  let whole = i32(clamp(x, -2147483648.0f, 2147483520.0f));
  let above = select(whole, 2147483647, x >= 2147483648.0f);
  return select(above, 0, tf_is_nan(x));
}`,

  tf_magnitude: `fn tf_magnitude(x: f32) -> u32 {
  return bitcast<u32>(x) & 0x7fffffffu;
}`,
  tf_is_nan: `fn tf_is_nan(x: f32) -> bool {
  return tf_magnitude(x) > 0x7f800000u;
}`,
  tf_is_finite: `fn tf_is_finite(x: f32) -> bool {
  return tf_magnitude(x) < 0x7f800000u;
}`,
  tf_abs: `fn tf_abs(x: f32) -> f32 { return bitcast<f32>(tf_magnitude(x)); }`,
  // Not by a constant: NVIDIA's compiler takes max(max(x, -x), y) for max(x, y)
  // where it knows the sign bit.
  tf_neg: `fn tf_neg(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ bitcast<u32>(P[0].w));
}`,
  // Not from a constant either, as max(max(x, -x), y) is as wrong in integers.
  tf_int_neg: `fn tf_int_neg(x: i32) -> i32 {
  return bitcast<i32>(P[0].z) - x;
}`,
  // A non-negative r under the sign of x.
  tf_signed: `fn tf_signed(r: f32, x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(r) | (bitcast<u32>(x) & 0x80000000u));
}`,
  tf_sign: `fn tf_sign(x: f32) -> f32 {
  let one = tf_signed(1.0f, x);
  return select(select(one, 0.0f, tf_magnitude(x) == 0u), x, tf_is_nan(x));
}`,
  // The first twelve bits of the significand: products of two such are exact.
  tf_high: `fn tf_high(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}`,

  tf_ordered: `fn tf_ordered(a: f32, b: f32) -> bool {
  return !tf_is_nan(a) & !tf_is_nan(b);
}`,
  // An integer that orders like the number, subnormal ones too, which a
  // comparison may take for 0. -0 and 0 are one; NaN is beyond the infinities.
  tf_key: `fn tf_key(x: f32) -> i32 {
  let size = bitcast<i32>(tf_magnitude(x));
  return select(size, -size, bitcast<i32>(x) < 0);
}`,
  tf_max: `fn tf_max(a: f32, b: f32) -> f32 {
  let r = select(b, a, tf_key(a) > tf_key(b));
  return select(select(r, b, tf_is_nan(b)), a, tf_is_nan(a));
}`,
  tf_min: `fn tf_min(a: f32, b: f32) -> f32 {
  let r = select(b, a, tf_key(a) < tf_key(b));
  return select(select(r, b, tf_is_nan(b)), a, tf_is_nan(a));
}`,
  // Devices multiply by a reciprocal, which is subnormal (or 0) for divisors
  // above 2^126: there both are scaled first.
  tf_div: `fn tf_div(a: f32, b: f32) -> f32 {
  let scale = select(1.0f, 0.25f, tf_magnitude(b) > 0x7e800000u);
  return (a * scale) / (b * scale);
}`,
  // An integer that orders like the float: -0 and 0 are one, NaN is above all.
  tf_sort_key: `fn tf_sort_key(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let key = select(bits | 0x80000000u, ~bits, bits > 0x80000000u);
  return select(key, 0xffffffffu, tf_is_nan(x));
}`,
};
