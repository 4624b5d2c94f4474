/**
 * The parameters of a shader: shape, strides, offsets and scalars of one call,
 * as 32-bit words of a uniform buffer.
 *
 * @module
 */

/**
 * Words that every shader begins with: infinity, NaN, 0 and -0. WGSL has no
 * constants for the first two, and compilers take `0 * x` for 0 and `x + 0` for
 * x where they see the zero.
 */
export const RESERVED: readonly number[] = [
  0x7f800000,
  0x7fc00000,
  0,
  0x80000000,
];

/** Allocates words of parameters, and names them in a shader. */
export class Params {
  /** The number of words allocated so far. */
  words: number = RESERVED.length;

  /** Allocates a word. */
  take(): number {
    return this.words++;
  }
}

/** A word as an `i32` in WGSL. */
export function int(word: number): string {
  return `P[${word >> 2}].${"xyzw"[word & 3]}`;
}

/** A word as a `u32` in WGSL. */
export function uint(word: number): string {
  return `bitcast<u32>(${int(word)})`;
}

/** A word as an `f32` in WGSL. */
export function float(word: number): string {
  return `bitcast<f32>(${int(word)})`;
}
