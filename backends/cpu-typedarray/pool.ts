/**
 * Typed arrays that were given back, kept to be given out again: making and
 * zeroing a new one takes ten times as long as most kernels on it.
 *
 * @module
 */
import type { DType, TypedArray } from "@tenfold/core";
import { DTYPE_NAMES, DTYPES } from "@tenfold/core/backend";

/**
 * The length that an array is made with: at most an eighth more than asked,
 * so that batches of similar sizes share arrays.
 */
export function roundedLength(size: number): number {
  if (size <= 16) return size;
  const step = 1 << (28 - Math.clz32(size));
  return Math.ceil(size / step) * step;
}

/** Freed arrays of one class, by their lengths. */
type Free = Map<number, TypedArray[]>;

/** Arrays by dtype and length, up to a number of bytes in all. */
export class Pool {
  readonly #limit: number;
  readonly #free: ReadonlyMap<unknown, Free> = new Map(
    DTYPE_NAMES.map((dtype): [unknown, Free] => [
      DTYPES[dtype].array,
      new Map(),
    ]),
  );
  #bytes = 0;

  /** Keeps at most `limit` bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that are kept at the moment. */
  get bytes(): number {
    return this.#bytes;
  }

  /** An array of at least `size` elements, contents undefined. */
  take(dtype: DType, size: number): TypedArray {
    const length = roundedLength(size);
    const array = this.#free.get(DTYPES[dtype].array)!.get(length)?.pop();
    if (array === undefined) return DTYPES[dtype].allocate(length);
    this.#bytes -= array.byteLength;
    return array;
  }

  /** Keeps a freed array, or leaves it to the garbage collector. */
  give(array: TypedArray): void {
    const bytes = array.byteLength;
    if (bytes > this.#limit) return;
    // What has gathered is of sizes that are no longer asked for.
    if (this.#bytes + bytes > this.#limit) this.clear();
    this.#bytes += bytes;
    const free = this.#free.get(array.constructor)!;
    const list = free.get(array.length);
    if (list) list.push(array);
    else free.set(array.length, [array]);
  }

  /** Leaves everything to the garbage collector. */
  clear(): void {
    for (const free of this.#free.values()) free.clear();
    this.#bytes = 0;
  }
}
