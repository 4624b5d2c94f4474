/**
 * Threefry-2x32, a counter-based random number generator: the same key and
 * counter give the same bits everywhere, in any order, without state.
 *
 * Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2,
 * 3", SC 2011; 20 rounds.
 *
 * @module
 */

/**
 * Rotation distances of the eight rounds that repeat.
 *
 * @example The distance of the first round
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { THREEFRY_ROTATIONS } from "@tenfold/core/backend";
 *
 * assertEquals(THREEFRY_ROTATIONS[0], 13);
 * ```
 */
export const THREEFRY_ROTATIONS: readonly number[] = [
  13,
  15,
  26,
  6,
  17,
  29,
  16,
  24,
];

/**
 * The constant that the third key word is mixed with.
 *
 * @example What the key words are mixed into
 * ```ts
 * import { THREEFRY_PARITY } from "@tenfold/core/backend";
 *
 * const [k0, k1] = [1, 2];
 * const k2 = k0 ^ k1 ^ THREEFRY_PARITY;
 * ```
 */
export const THREEFRY_PARITY = 0x1BD11BDA;

/**
 * Rounds that are run; a key is injected after every fourth.
 *
 * @example How often the key is injected
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { THREEFRY_ROUNDS } from "@tenfold/core/backend";
 *
 * assertEquals(THREEFRY_ROUNDS / 4, 5);
 * ```
 */
export const THREEFRY_ROUNDS = 20;

/**
 * The first of the two 32-bit words that Threefry-2x32 gives for the key
 * (`k0`, `k1`) at the counter (`c0`, `c1`), as a signed int32.
 *
 * @example The same key and counter, the same word
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { threefry } from "@tenfold/core/backend";
 *
 * assertEquals(threefry(1, 2, 3, 4), threefry(1, 2, 3, 4));
 * ```
 */
export function threefry(
  k0: number,
  k1: number,
  c0: number,
  c1: number,
): number {
  const k2 = k0 ^ k1 ^ THREEFRY_PARITY;
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  // Five times four rounds, each followed by the next two key words.
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k1) | 0;
  x1 = (x1 + k2 + 1) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + k2) | 0;
  x1 = (x1 + k0 + 2) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k0) | 0;
  x1 = (x1 + k1 + 3) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + k1) | 0;
  x1 = (x1 + k2 + 4) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  return (x0 + k2) | 0;
}
