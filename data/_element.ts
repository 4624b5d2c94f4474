/**
 * The element types that files hold, as one table, and how they become the
 * dtypes of tensors.
 *
 * @module
 */
import {
  type DType,
  type FloatDType,
  isFloating,
  type TypedArray,
} from "@tenfold/core";
import { type AnyTypedArray, asBytes, bytesOf, elementsOf } from "./_bytes.ts";
import {
  encodeSmallFloat,
  SMALL_FLOATS,
  type SmallFloat,
  smallFloatTable,
} from "./_small_float.ts";
import { DataFormatError } from "./errors.ts";

/** The element types that the formats of this package can hold. */
export type ElementType =
  | "bool"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64"
  | "float8_e4m3"
  | "float8_e5m2"
  | "float8_e4m3fnuz"
  | "float8_e5m2fnuz";

/** What is known of one element type. */
interface ElementFacts {
  /** Size of an element in bytes. */
  readonly bytes: number;
  /** The dtype of a tensor made of such elements. */
  readonly dtype: DType;
  /** Reads the elements: numbers, or big integers where they need 64 bits. */
  readonly decode: (bytes: Uint8Array, littleEndian: boolean) => AnyTypedArray;
  /** Writes the elements; the values are in range. */
  readonly encode: (
    values: ArrayLike<number | bigint>,
    littleEndian: boolean,
  ) => Uint8Array;
  /** The smallest and the largest value, for integers. */
  readonly range?: readonly [bigint, bigint];
}

/** A kind of typed array that holds the elements as they are. */
interface NumberMaker {
  readonly BYTES_PER_ELEMENT: number;
  new (source: ArrayBuffer): AnyTypedArray;
  new (length: number): AnyTypedArray;
}

function plain(
  maker: NumberMaker,
  dtype: DType,
  range?: readonly [bigint, bigint],
): ElementFacts {
  return {
    bytes: maker.BYTES_PER_ELEMENT,
    dtype,
    decode: (bytes, littleEndian) => elementsOf(bytes, maker, littleEndian),
    encode: (values, littleEndian) => {
      if (values instanceof maker) return bytesOf(values, littleEndian);
      const array = new maker(values.length);
      const big = array instanceof BigInt64Array ||
        array instanceof BigUint64Array;
      for (let i = 0; i < values.length; i++) {
        array[i] = big ? BigInt(values[i]!) : Number(values[i]);
      }
      return bytesOf(array, littleEndian);
    },
    ...(range === undefined ? {} : { range }),
  };
}

function small(format: SmallFloat): ElementFacts {
  const maker = format.bits === 8 ? Uint8Array : Uint16Array;
  return {
    bytes: maker.BYTES_PER_ELEMENT,
    dtype: "float32",
    decode: (bytes, littleEndian) => {
      const codes = elementsOf<Uint8Array | Uint16Array>(
        bytes,
        maker,
        littleEndian,
      );
      const table = smallFloatTable(format);
      const values = new Float32Array(codes.length);
      for (let i = 0; i < codes.length; i++) values[i] = table[codes[i]!]!;
      return values;
    },
    encode: (values, littleEndian) => {
      const codes = new maker(values.length);
      for (let i = 0; i < codes.length; i++) {
        codes[i] = encodeSmallFloat(Number(values[i]), format);
      }
      return bytesOf(codes, littleEndian);
    },
  };
}

/** The arrays of float16, where the runtime has them: bits stay as they are. */
const HALF = (globalThis as { Float16Array?: NumberMaker }).Float16Array;

/** Every element type with its facts. */
export const ELEMENTS: { readonly [type in ElementType]: ElementFacts } = {
  bool: {
    bytes: 1,
    dtype: "bool",
    decode: (bytes) => bytes.map((byte) => byte === 0 ? 0 : 1),
    encode: (values) => {
      const bytes = new Uint8Array(values.length);
      for (let i = 0; i < bytes.length; i++) bytes[i] = values[i] ? 1 : 0;
      return bytes;
    },
  },
  uint8: plain(Uint8Array, "int32", [0n, 255n]),
  int8: plain(Int8Array, "int32", [-128n, 127n]),
  uint16: plain(Uint16Array, "int32", [0n, 65535n]),
  int16: plain(Int16Array, "int32", [-32768n, 32767n]),
  uint32: plain(Uint32Array, "int32", [0n, 2n ** 32n - 1n]),
  int32: plain(Int32Array, "int32", [-(2n ** 31n), 2n ** 31n - 1n]),
  uint64: plain(BigUint64Array, "int32", [0n, 2n ** 64n - 1n]),
  int64: plain(BigInt64Array, "int32", [-(2n ** 63n), 2n ** 63n - 1n]),
  float16: HALF === undefined
    ? { ...small(SMALL_FLOATS.float16), dtype: "float16" }
    : plain(HALF, "float16"),
  bfloat16: small(SMALL_FLOATS.bfloat16),
  float32: plain(Float32Array, "float32"),
  float64: plain(Float64Array, "float64"),
  float8_e4m3: small(SMALL_FLOATS.float8_e4m3),
  float8_e5m2: small(SMALL_FLOATS.float8_e5m2),
  float8_e4m3fnuz: small(SMALL_FLOATS.float8_e4m3fnuz),
  float8_e5m2fnuz: small(SMALL_FLOATS.float8_e5m2fnuz),
};

/** Values with the dtype of the tensor that they will become. */
export interface TensorValues {
  /** The dtype of the tensor. */
  readonly dtype: DType;
  /** The elements, in C order. */
  readonly values: TypedArray;
}

/**
 * The values of a tensor from elements that a file held: integers of every
 * width become int32; floats become what is wanted, else stay what they are,
 * and float32 where the device does not have that or there is no such dtype.
 *
 * @throws {DataFormatError} If an integer does not fit into 32 bits.
 */
export function tensorValues(
  elements: AnyTypedArray,
  type: ElementType,
  known: readonly DType[],
  what: string,
  wanted?: FloatDType,
): TensorValues {
  const dtype = ELEMENTS[type].dtype;
  if (dtype === "bool") return { dtype, values: asBytes(elements) };
  if (isFloating(dtype)) {
    const values = elements as TypedArray<typeof dtype>;
    if (wanted !== undefined) return { dtype: wanted, values };
    return known.includes(dtype)
      ? { dtype, values }
      : { dtype: "float32", values: Float32Array.from(values) };
  }
  if (elements instanceof Int32Array) return { dtype, values: elements };
  const values = new Int32Array(elements.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(elements[i]);
    if (value !== (value | 0)) {
      throw new DataFormatError(
        `Cannot read ${what} as int32 as a value lies outside its range: got ${
          elements[i]
        } at position ${i} of ${type} elements`,
      );
    }
    values[i] = value;
  }
  return { dtype, values };
}

/**
 * The little-endian bytes of values written as elements of a type.
 *
 * @throws {RangeError} If the type is an integer's and a value is not an
 * integer in its range.
 */
export function encodeElements(
  values: ArrayLike<number | bigint>,
  type: ElementType,
  what: string,
): Uint8Array {
  const facts = ELEMENTS[type];
  if (facts.range !== undefined) {
    const [low, high] = facts.range;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const whole = typeof value === "bigint" || Number.isInteger(value);
      if (!whole || value < low || value > high) {
        throw new RangeError(
          `Cannot write ${what} as ${type} as a value does not fit: got ${value} at position ${i}`,
        );
      }
    }
  }
  return facts.encode(values, true);
}
