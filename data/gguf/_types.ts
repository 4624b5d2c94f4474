/**
 * The element types of GGUF files.
 *
 * @module
 */
import type { AnyTypedArray } from "../_bytes.ts";
import { ELEMENTS, type ElementType } from "../_element.ts";
import { SMALL_FLOATS, smallFloatTable } from "../_small_float.ts";
import {
  type Block,
  type Dequantise,
  iq4nl,
  iq4xs,
  mxfp4,
  ofHalves,
  ofSuperHalves,
  q2k,
  q3k,
  q6k,
  q8,
} from "./_dequantise.ts";

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

/** The types by their numbers. */
export const GGUF_TYPES: ReadonlyMap<number, GgufType> = new Map([
  [0, plain("F32", "float32")],
  [1, plain("F16", "float16")],
  [2, quantised("Q4_0", 32, 18, ofHalves(false, false))],
  [3, quantised("Q4_1", 32, 20, ofHalves(false, true))],
  [6, quantised("Q5_0", 32, 22, ofHalves(true, false))],
  [7, quantised("Q5_1", 32, 24, ofHalves(true, true))],
  [8, quantised("Q8_0", 32, 34, q8)],
  [9, unread("Q8_1", 32, 36)],
  [10, quantised("Q2_K", 256, 84, q2k)],
  [11, quantised("Q3_K", 256, 110, q3k)],
  [12, quantised("Q4_K", 256, 144, ofSuperHalves(false))],
  [13, quantised("Q5_K", 256, 176, ofSuperHalves(true))],
  [14, quantised("Q6_K", 256, 210, q6k)],
  [15, unread("Q8_K", 256, 292)],
  [16, unread("IQ2_XXS", 256, 66)],
  [17, unread("IQ2_XS", 256, 74)],
  [18, unread("IQ3_XXS", 256, 98)],
  [19, unread("IQ1_S", 256, 50)],
  [20, quantised("IQ4_NL", 32, 18, iq4nl)],
  [21, unread("IQ3_S", 256, 110)],
  [22, unread("IQ2_S", 256, 82)],
  [23, quantised("IQ4_XS", 256, 136, iq4xs)],
  [24, plain("I8", "int8")],
  [25, plain("I16", "int16")],
  [26, plain("I32", "int32")],
  [27, plain("I64", "int64")],
  [28, plain("F64", "float64")],
  [29, unread("IQ1_M", 256, 56)],
  [30, plain("BF16", "bfloat16")],
  [34, unread("TQ1_0", 256, 54)],
  [35, unread("TQ2_0", 256, 66)],
  [39, quantised("MXFP4", 32, 17, mxfp4)],
  [40, unread("NVFP4", 64, 36)],
  [41, unread("Q1_0", 128, 18)],
]);
