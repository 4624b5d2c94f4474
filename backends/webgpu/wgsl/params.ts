/**
 * The parameters of a shader: shape, strides, offsets and scalars of one call,
 * as 32-bit words of a uniform buffer.
 *
 * @module
 */

/** Words that every shader begins with: the bits of infinity and of NaN. */
export const RESERVED_WORDS = 4;

/** The bits of infinity, in the first word. */
export const INFINITY_BITS = 0x7f800000;

/** The bits of a NaN, in the second word. */
export const NAN_BITS = 0x7fc00000;

/** Gives out words, and says how a shader names them. */
export class Params {
  /** Words given out so far. */
  words: number = RESERVED_WORDS;

  /** Takes `count` neighbouring words. */
  take(count = 1): number {
    const first = this.words;
    this.words += count;
    return first;
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
