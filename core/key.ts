/**
 * Keys of caches: exact for any number of parts, and a plain number as long as
 * the parts are few, so that hot paths neither build text nor allocate.
 *
 * @module
 */
import { type DType, DTYPE_NAMES, DTYPES } from "./dtype.ts";

/** What a cache is keyed by; equal exactly where all parts are equal. */
export type Key = number | string;

/**
 * Adds a part to a key. Lists of the same number of parts, with the same
 * counts, have equal keys only where their parts are equal. Lists of several
 * lengths add their length behind the parts, with {@linkcode withNumber}.
 *
 * @param key The key of the parts before it, at first 0.
 * @param part The part, from 0 to `count - 1`.
 * @param count How many different parts there can be in this place.
 */
export function withPart(key: Key, part: number, count: number): Key {
  if (typeof key === "number") {
    const next = key * count + part;
    // What comes behind the numbers that are exact is written out.
    if (next <= Number.MAX_SAFE_INTEGER) return next;
  }
  return `${key},${part}`;
}

/** Adds a number from 0 on, such as a rank, of which there is no largest. */
export function withNumber(key: Key, value: number): Key {
  return value < SMALL - 1
    ? withPart(key, value, SMALL)
    : `${withPart(key, SMALL - 1, SMALL)}:${value}`;
}

const SMALL = 32;

/** How many dtypes there are. */
export const DTYPE_COUNT: number = DTYPE_NAMES.length;

/** The place of each dtype among them. */
export const DTYPE_PART: { readonly [D in DType]: number } = Object
  .fromEntries(
    DTYPE_NAMES.map((dtype) => [dtype, DTYPES[dtype].rank]),
  ) as { [D in DType]: number };
