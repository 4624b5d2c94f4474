/**
 * The element types of GGUF files, and how their blocks become numbers.
 *
 * @module
 */
import type { AnyTypedArray } from "../_bytes.ts";
import { ELEMENTS, type ElementType } from "../_element.ts";
import { SMALL_FLOATS, smallFloatTable } from "../_small_float.ts";

/** What is known of one type. */
export interface GgufType {
  readonly name: string;
  /** Elements of a block. */
  readonly elements: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** The element type of the numbers, or `null` where none can be made. */
  readonly numbers: ElementType | null;
  /** The numbers of whole blocks. */
  readonly decode: (bytes: Uint8Array) => AnyTypedArray;
}

/** Writes the numbers of one block, which begins at `from`, from `to` on. */
type Dequantise = (
  block: Block,
  from: number,
  into: Float32Array,
  to: number,
) => void;

/** The bytes of blocks in the ways in which they are read. */
interface Block {
  readonly uint8: Uint8Array;
  readonly int8: Int8Array;
  /** The float16 at a byte. */
  readonly float16: (at: number) => number;
}

function plain(name: string, numbers: ElementType): GgufType {
  const { bytes, decode } = ELEMENTS[numbers];
  return {
    name,
    elements: 1,
    bytes,
    numbers,
    decode: (data) => decode(data, true),
  };
}

function quantised(
  name: string,
  elements: number,
  bytes: number,
  dequantise: Dequantise,
): GgufType {
  return {
    name,
    elements,
    bytes,
    numbers: "float32",
    decode: (data) => {
      const table = smallFloatTable(SMALL_FLOATS.float16);
      const block: Block = {
        uint8: data,
        int8: new Int8Array(data.buffer, data.byteOffset, data.length),
        float16: (at) => table[data[at]! | data[at + 1]! << 8]!,
      };
      const numbers = new Float32Array(data.length / bytes * elements);
      for (let from = 0, to = 0; from < data.length; from += bytes) {
        dequantise(block, from, numbers, to);
        to += elements;
      }
      return numbers;
    },
  };
}

/** A type whose blocks have a length and are not read. */
function unread(name: string, elements: number, bytes: number): GgufType {
  const decode = () => new Float32Array();
  return { name, elements, bytes, numbers: null, decode };
}

/** A scale, and 32 integers of eight bits. */
const q8: Dequantise = ({ int8, float16 }, from, into, to) => {
  const scale = float16(from);
  for (let i = 0; i < 32; i++) into[to + i] = scale * int8[from + 2 + i]!;
};

/** A scale, and 32 integers of four bits: low halves first. */
const q4: Dequantise = ({ uint8, float16 }, from, into, to) => {
  const scale = float16(from);
  for (let i = 0; i < 16; i++) {
    const byte = uint8[from + 2 + i]!;
    into[to + i] = scale * ((byte & 15) - 8);
    into[to + 16 + i] = scale * ((byte >> 4) - 8);
  }
};

/**
 * 256 integers of four bits in eight groups, each with a scale and a minimum of
 * six bits: the upper two of the last four groups are those of the first four.
 */
const q4k: Dequantise = ({ uint8, float16 }, from, into, to) => {
  const scale = float16(from);
  const minimum = float16(from + 2);
  const packed = from + 4;
  for (let group = 0; group < 8; group++) {
    const own = group % 4;
    const low = uint8[packed + own]!;
    const high = uint8[packed + 4 + own]!;
    const rest = uint8[packed + 8 + own]!;
    const factor = scale *
      (group < 4 ? low & 63 : (rest & 15) | low >> 6 << 4);
    const shift = minimum *
      (group < 4 ? high & 63 : rest >> 4 | high >> 6 << 4);
    const data = from + 16 + 32 * (group >> 1);
    const half = group % 2 * 4;
    for (let i = 0; i < 32; i++) {
      into[to + 32 * group + i] = factor * (uint8[data + i]! >> half & 15) -
        shift;
    }
  }
};

/**
 * 256 integers of six bits in sixteen groups of sixteen, each with a scale: the
 * lower four bits in 128 bytes, the upper two in 64.
 */
const q6k: Dequantise = ({ uint8, int8, float16 }, from, into, to) => {
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

/** The types by their numbers. */
export const GGUF_TYPES: ReadonlyMap<number, GgufType> = new Map([
  [0, plain("F32", "float32")],
  [1, plain("F16", "float16")],
  [2, quantised("Q4_0", 32, 18, q4)],
  [3, unread("Q4_1", 32, 20)],
  [6, unread("Q5_0", 32, 22)],
  [7, unread("Q5_1", 32, 24)],
  [8, quantised("Q8_0", 32, 34, q8)],
  [10, unread("Q2_K", 256, 84)],
  [11, unread("Q3_K", 256, 110)],
  [12, quantised("Q4_K", 256, 144, q4k)],
  [13, unread("Q5_K", 256, 176)],
  [14, quantised("Q6_K", 256, 210, q6k)],
  [24, plain("I8", "int8")],
  [25, plain("I16", "int16")],
  [26, plain("I32", "int32")],
  [27, plain("I64", "int64")],
  [28, plain("F64", "float64")],
  [30, plain("BF16", "bfloat16")],
]);
