/**
 * Seeded orders, the same on every backend and runtime: Fisher and Yates's
 * shuffle over Threefry-2x32 numbers.
 *
 * @module
 */
import { threefry } from "@tenfold/core/backend";

/**
 * What a seed is used for: keeps two uses of one seed apart.
 *
 * @example The same seed in two places
 * ```ts
 * import { permutation, STREAM } from "@tenfold/data/internal";
 *
 * const split = permutation(10, 0, STREAM.split, 0);
 * const order = permutation(10, 0, STREAM.loader, 0);
 * ```
 */
export const STREAM = {
  loader: 0x6c6f6164,
  split: 0x73706c69,
  sampler: 0x73616d70,
  folds: 0x666f6c64,
} as const;

/**
 * The numbers from 0 to `length - 1`.
 *
 * @example Three numbers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { countUp } from "@tenfold/data/internal";
 *
 * assertEquals(countUp(3), Int32Array.of(0, 1, 2));
 * ```
 */
export function countUp(length: number): Int32Array {
  const order = new Int32Array(length);
  for (let i = 0; i < length; i++) order[i] = i;
  return order;
}

/**
 * The numbers from 0 to `length - 1` in an order that depends on the seed, the
 * stream and the round alone.
 *
 * @example The order of the second epoch
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { permutation, STREAM } from "@tenfold/data/internal";
 *
 * const order = permutation(100, 0, STREAM.loader, 1);
 * assertEquals(order.toSorted()[99], 99);
 * ```
 */
export function permutation(
  length: number,
  seed: number,
  stream: number,
  round: number,
): Int32Array {
  const order = countUp(length);
  const low = seed | 0;
  const high = Math.floor(seed / 2 ** 32) ^ stream;
  let count = 0;
  for (let i = length - 1; i > 0; i--) {
    // Rejecting the last, incomplete run of values makes all equally likely.
    const bound = 2 ** 32 - 2 ** 32 % (i + 1);
    let word: number;
    do {
      word = threefry(low, high, count++, round) >>> 0;
    } while (word >= bound);
    const j = word % (i + 1);
    const moved = order[i]!;
    order[i] = order[j]!;
    order[j] = moved;
  }
  return order;
}
