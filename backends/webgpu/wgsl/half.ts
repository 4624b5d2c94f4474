/**
 * WGSL functions of float16. Shaders name its type `Half`: a program declares
 * it as `f16` where the device has that, and else as the `f32` that is stored in
 * its place, rounded alike.
 *
 * @module
 */

/** Functions by name; each is whole, and may call others of the library. */
export const HALF: Readonly<Record<string, string>> = {
  // The nearest float16 of a float, ties to even. WGSL lets devices round either
  // way where it does not fit, so it is made to fit. Below 2^-14 the float16 are
  // multiples of 2^-24, which is the last place of numbers above 0.5.
  tf_half_round: `fn tf_half_round(x: f32) -> f32 {
  let size = tf_magnitude(x);
  let near = (size + 0xfffu + ((size >> 13u) & 1u)) & 0xffffe000u;
  let large = select(near, 0x7f800000u, near > 0x477fe000u);
  let steps = bitcast<u32>(bitcast<f32>(size) + 0.5f) - 0x3f000000u;
  let small = bitcast<u32>(f32(steps) * 0x1p-24f);
  let finite = select(large, small, size < 0x38800000u);
  let bits = select(finite, size, size > 0x7f800000u);
  return bitcast<f32>(bits | (bitcast<u32>(x) & 0x80000000u));
}`,
  tf_to_half: `fn tf_to_half(x: f32) -> Half {
  return Half(tf_half_round(x));
}`,
  tf_from_half: `fn tf_from_half(x: Half) -> f32 { return f32(x); }`,
};

/** What stands before a shader that names `Half`. */
export function halfHeader(native: boolean): string {
  return native ? "enable f16;\nalias Half = f16;" : "alias Half = f32;";
}
