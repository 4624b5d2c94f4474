/**
 * How the quantised blocks of GGUF files become numbers. The layouts are those
 * of ggml.
 *
 * @module
 */

/** The bytes of blocks in the ways in which they are read. */
export interface Block {
  readonly uint8: Uint8Array;
  readonly int8: Int8Array;
  /** The float16 at a byte. */
  readonly float16: (at: number) => number;
}

/** Writes the numbers of one block, which begins at `from`, from `to` on. */
export type Dequantise = (
  block: Block,
  from: number,
  into: Float32Array,
  to: number,
) => void;

/** A scale, and 32 integers of eight bits. */
export const q8: Dequantise = ({ int8, float16 }, from, into, to) => {
  const scale = float16(from);
  for (let i = 0; i < 32; i++) into[to + i] = scale * int8[from + 2 + i]!;
};

/**
 * A scale, where `shifted` a minimum, where `fifth` 32 bits that are the
 * uppermost of the integers, and 32 integers of four bits: low halves first.
 */
export const ofHalves =
  (fifth: boolean, shifted: boolean): Dequantise =>
  ({ uint8, float16 }, from, into, to) => {
    const scale = float16(from);
    const minimum = shifted ? float16(from + 2) : 0;
    const middle = shifted ? 0 : fifth ? 16 : 8;
    const bits = from + (shifted ? 4 : 2);
    const data = bits + (fifth ? 4 : 0);
    for (let i = 0; i < 32; i++) {
      const half = uint8[data + i % 16]! >> 4 * (i >> 4) & 15;
      const bit = fifth ? uint8[bits + (i >> 3)]! >> i % 8 & 1 : 0;
      const product = scale * ((half | bit << 4) - middle);
      into[to + i] = shifted ? product + minimum : product;
    }
  };

/** The two bits of place `i` of 256, of which four groups lie in 32 bytes. */
const pair = (uint8: Uint8Array, at: number, i: number): number =>
  uint8[at + 32 * (i >> 7) + i % 32]! >> 2 * (i >> 5 & 3) & 3;

/**
 * 256 integers of two bits in sixteen groups of sixteen, each with a scale and a
 * minimum of four bits.
 */
export const q2k: Dequantise = ({ uint8, float16 }, from, into, to) => {
  const scale = float16(from + 80);
  const minimum = float16(from + 82);
  for (let i = 0; i < 256; i++) {
    const group = uint8[from + (i >> 4)]!;
    into[to + i] = scale * (group & 15) * pair(uint8, from + 16, i) -
      minimum * (group >> 4);
  }
};

/**
 * 256 integers of three bits in sixteen groups of sixteen, each with a scale of
 * six bits: the uppermost bits, of which a zero takes four away, in 32 bytes,
 * the lower two in 64; then the lower four bits of the scales, and the upper
 * two.
 */
export const q3k: Dequantise = ({ uint8, float16 }, from, into, to) => {
  const scale = float16(from + 108);
  for (let i = 0; i < 256; i++) {
    const group = i >> 4;
    const low = uint8[from + 96 + group % 8]! >> 4 * (group >> 3) & 15;
    const high = uint8[from + 104 + group % 4]! >> 2 * (group >> 2) & 3;
    const bit = uint8[from + i % 32]! >> (i >> 5) & 1;
    into[to + i] = scale * ((low | high << 4) - 32) *
      (pair(uint8, from + 32, i) - 4 * (1 - bit));
  }
};

/**
 * 256 integers of four bits, or of five with the uppermost in 32 bytes before
 * the others, in eight groups, each with a scale and a minimum of six bits: the
 * upper two of the last four groups are those of the first four.
 */
export const ofSuperHalves =
  (fifth: boolean): Dequantise => ({ uint8, float16 }, from, into, to) => {
    const scale = float16(from);
    const minimum = float16(from + 2);
    const packed = from + 4;
    const bits = from + 16;
    for (let group = 0; group < 8; group++) {
      const own = group % 4;
      const low = uint8[packed + own]!;
      const high = uint8[packed + 4 + own]!;
      const rest = uint8[packed + 8 + own]!;
      const factor = scale *
        (group < 4 ? low & 63 : (rest & 15) | low >> 6 << 4);
      const shift = minimum *
        (group < 4 ? high & 63 : rest >> 4 | high >> 6 << 4);
      const data = bits + (fifth ? 32 : 0) + 32 * (group >> 1);
      const half = group % 2 * 4;
      for (let i = 0; i < 32; i++) {
        const bit = fifth ? uint8[bits + i]! >> group & 1 : 0;
        into[to + 32 * group + i] =
          factor * (uint8[data + i]! >> half & 15 | bit << 4) - shift;
      }
    }
  };

/**
 * 256 integers of six bits in sixteen groups of sixteen, each with a scale: the
 * lower four bits in 128 bytes, the upper two in 64.
 */
export const q6k: Dequantise = ({ uint8, int8, float16 }, from, into, to) => {
  const scale = float16(from + 208);
  for (let i = 0; i < 256; i++) {
    const half = i >> 7;
    const quarter = i >> 5 & 3;
    const place = i & 31;
    const low = uint8[from + 64 * half + 32 * (quarter & 1) + place]! >>
        4 * (quarter >> 1) & 15;
    const high = uint8[from + 128 + 32 * half + place]! >> 2 * quarter & 3;
    into[to + i] = scale * int8[from + 192 + (i >> 4)]! *
      ((low | high << 4) - 32);
  }
};

/** The numbers that four bits stand for where they are not evenly spaced. */
const UNEVEN = [
  ...[-127, -104, -83, -65, -49, -35, -22, -10],
  ...[1, 13, 25, 38, 53, 69, 89, 113],
];

/** Twice the floats of two bits of exponent and one of fraction. */
const TINY = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/** Multiples of a scale: 32 places of four bits in a table, low halves first. */
function lookUp(
  uint8: Uint8Array,
  data: number,
  scale: number,
  table: readonly number[],
  into: Float32Array,
  to: number,
): void {
  for (let i = 0; i < 16; i++) {
    const byte = uint8[data + i]!;
    into[to + i] = scale * table[byte & 15]!;
    into[to + 16 + i] = scale * table[byte >> 4]!;
  }
}

/** A scale, and 32 places among uneven numbers. */
export const iq4nl: Dequantise = ({ uint8, float16 }, from, into, to) =>
  lookUp(uint8, from + 2, float16(from), UNEVEN, into, to);

/**
 * 256 places among uneven numbers in eight groups, each with a scale of six
 * bits: the upper two in two bytes, then the lower four.
 */
export const iq4xs: Dequantise = ({ uint8, float16 }, from, into, to) => {
  const scale = float16(from);
  for (let group = 0; group < 8; group++) {
    const high = uint8[from + 2 + (group >> 2)]! >> 2 * (group % 4) & 3;
    const low = uint8[from + 4 + (group >> 1)]! >> 4 * (group % 2) & 15;
    const factor = scale * ((low | high << 4) - 32);
    const data = from + 8 + 16 * group;
    lookUp(uint8, data, factor, UNEVEN, into, to + 32 * group);
  }
};

/** A power of two, and 32 floats of four bits. */
export const mxfp4: Dequantise = ({ uint8 }, from, into, to) =>
  lookUp(uint8, from + 1, 2 ** (uint8[from]! - 128), TINY, into, to);
