/**
 * Bytes to and from typed arrays, whatever their byte order and alignment.
 *
 * @module
 */
import type { TypedArray } from "@tenfold/core";

/** True where the machine stores the low byte of a number first. */
export const HOST_LITTLE_ENDIAN: boolean =
  new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * A typed array of numbers or of big integers.
 *
 * @example Bytes as large integers
 * ```ts
 * import type { data } from "@tenfold/tenfold";
 *
 * const elements: data.AnyTypedArray = BigInt64Array.of(1n, 2n);
 * ```
 */
export type AnyTypedArray =
  | TypedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Makes a typed array over a whole buffer. */
export interface ArrayMaker<A extends AnyTypedArray> {
  /** Bytes of one element. */
  readonly BYTES_PER_ELEMENT: number;
  /** The array over `buffer`. */
  new (buffer: ArrayBuffer): A;
}

/** The bytes of a buffer or of any view of one; nothing is copied. */
export function asBytes(source: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

/** Turns the bytes of each element around, in place. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  for (let start = 0; start + width <= bytes.length; start += width) {
    for (let i = start, j = start + width - 1; i < j; i++, j--) {
      const low = bytes[i]!;
      bytes[i] = bytes[j]!;
      bytes[j] = low;
    }
  }
}

/**
 * The elements that bytes hold, as a typed array of its own. The number of
 * bytes must be a multiple of the element's.
 *
 * @example Two floats
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { elementsOf } from "@tenfold/data/internal";
 *
 * const bytes = new Uint8Array(Float32Array.of(1, 2).buffer);
 * assertEquals(elementsOf(bytes, Float32Array, true), Float32Array.of(1, 2));
 * ```
 */
export function elementsOf<A extends AnyTypedArray>(
  bytes: Uint8Array,
  maker: ArrayMaker<A>,
  littleEndian: boolean,
): A {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  if (maker.BYTES_PER_ELEMENT > 1 && littleEndian !== HOST_LITTLE_ENDIAN) {
    swapBytes(copy, maker.BYTES_PER_ELEMENT);
  }
  return new maker(copy.buffer);
}

/** The bytes of a typed array in the byte order that is asked for. */
export function bytesOf(
  array: AnyTypedArray,
  littleEndian: boolean,
): Uint8Array {
  const bytes = asBytes(array).slice();
  if (array.BYTES_PER_ELEMENT > 1 && littleEndian !== HOST_LITTLE_ENDIAN) {
    swapBytes(bytes, array.BYTES_PER_ELEMENT);
  }
  return bytes;
}
