/**
 * Floats of 8 and 16 bits: float16, bfloat16 and the two float8 formats of
 * machine learning, read to and written from JavaScript numbers.
 *
 * float16 is IEEE 754 binary16 and bfloat16 the upper half of a binary32.
 * float8_e4m3 (no infinities) and float8_e5m2 follow Micikevicius et al.,
 * "FP8 formats for deep learning", 2022; those that end in fnuz (finite, one
 * zero, one NaN) Noune et al., "8-bit numerical formats for deep neural
 * networks", 2022.
 *
 * @module
 */

/** The layout of a small float: sign, exponent, mantissa. */
export interface SmallFloat {
  /** Bits in all. */
  readonly bits: 8 | 16;
  /** Bits of the mantissa. */
  readonly mantissa: number;
  /** Exponent of the smallest normal number. */
  readonly minExponent: number;
  /** The largest code that is a finite number. */
  readonly maxFinite: number;
  /** The code that a value too large to write becomes. */
  readonly overflow: number;
  /** The code that NaN becomes. */
  readonly nan: number;
  /** True where the code of a negative zero is NaN, and nothing else is. */
  readonly oneZero?: boolean;
}

/**
 * The small floats by name.
 *
 * @example The largest number of a format
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { SMALL_FLOATS, smallFloatTable } from "@tenfold/data/internal";
 *
 * const table = smallFloatTable(SMALL_FLOATS.float8_e4m3);
 * assertEquals(table[0x7e], 448);
 * ```
 */
export const SMALL_FLOATS: {
  readonly [
    name in
      | "float16"
      | "bfloat16"
      | "float8_e4m3"
      | "float8_e5m2"
      | "float8_e4m3fnuz"
      | "float8_e5m2fnuz"
  ]: SmallFloat;
} = {
  float16: {
    bits: 16,
    mantissa: 10,
    minExponent: -14,
    maxFinite: 0x7bff,
    overflow: 0x7c00,
    nan: 0x7e00,
  },
  bfloat16: {
    bits: 16,
    mantissa: 7,
    minExponent: -126,
    maxFinite: 0x7f7f,
    overflow: 0x7f80,
    nan: 0x7fc0,
  },
  float8_e4m3: {
    bits: 8,
    mantissa: 3,
    minExponent: -6,
    maxFinite: 0x7e,
    overflow: 0x7f,
    nan: 0x7f,
  },
  float8_e5m2: {
    bits: 8,
    mantissa: 2,
    minExponent: -14,
    maxFinite: 0x7b,
    overflow: 0x7c,
    nan: 0x7f,
  },
  float8_e4m3fnuz: {
    bits: 8,
    mantissa: 3,
    minExponent: -7,
    maxFinite: 0x7f,
    overflow: 0x80,
    nan: 0x80,
    oneZero: true,
  },
  float8_e5m2fnuz: {
    bits: 8,
    mantissa: 2,
    minExponent: -15,
    maxFinite: 0x7f,
    overflow: 0x80,
    nan: 0x80,
    oneZero: true,
  },
};

/** The number that one code stands for. */
export function decodeSmallFloat(code: number, format: SmallFloat): number {
  const signBit = 1 << (format.bits - 1);
  const magnitude = code & (signBit - 1);
  const sign = code & signBit ? -1 : 1;
  if (format.oneZero && code === signBit) return NaN;
  if (magnitude > format.maxFinite) {
    const infinite = magnitude === format.overflow &&
      format.overflow !== format.nan;
    return infinite ? sign * Infinity : NaN;
  }
  const step = 1 << format.mantissa;
  const exponent = Math.max((magnitude >> format.mantissa) - 1, 0);
  const significand = magnitude - exponent * step;
  return sign * significand *
    2 ** (exponent + format.minExponent - format.mantissa);
}

const scratch = new Float64Array(1);
const scratchBytes = new DataView(scratch.buffer);
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The exponent of a positive normal double: floor(log2(value)), exactly. */
function exponentOf(value: number): number {
  scratch[0] = value;
  const high = scratchBytes.getUint32(littleEndian ? 4 : 0, littleEndian);
  return ((high >>> 20) & 0x7ff) - 1023;
}

/**
 * The code nearest to a number, ties to even. Values beyond the largest
 * finite one become infinity, or NaN where the format has no infinity.
 */
export function encodeSmallFloat(value: number, format: SmallFloat): number {
  const signBit = 1 << (format.bits - 1);
  const sign = value < 0 || Object.is(value, -0) ? signBit : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(magnitude)) return format.nan;
  if (magnitude === Infinity) return sign | format.overflow;
  const exponent = Math.max(exponentOf(magnitude), format.minExponent);
  // A power of two: the division is exact, so this rounds only once.
  const scaled = magnitude / 2 ** (exponent - format.mantissa);
  let significand = Math.floor(scaled);
  const rest = scaled - significand;
  if (rest > 0.5 || (rest === 0.5 && significand % 2 === 1)) significand++;
  const code = (exponent - format.minExponent) * (1 << format.mantissa) +
    significand;
  if (format.oneZero && code === 0) return 0;
  return sign | (code > format.maxFinite ? format.overflow : code);
}

const tables = new Map<SmallFloat, Float32Array>();

/**
 * Every number of a format, indexed by its code; made at first use.
 *
 * @example A code of bfloat16 as a number
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { SMALL_FLOATS, smallFloatTable } from "@tenfold/data/internal";
 *
 * assertEquals(smallFloatTable(SMALL_FLOATS.bfloat16)[0x3f80], 1);
 * ```
 */
export function smallFloatTable(format: SmallFloat): Float32Array {
  let table = tables.get(format);
  if (table === undefined) {
    table = new Float32Array(2 ** format.bits);
    for (let code = 0; code < table.length; code++) {
      table[code] = decodeSmallFloat(code, format);
    }
    tables.set(format, table);
  }
  return table;
}
