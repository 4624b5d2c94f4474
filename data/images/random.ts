/**
 * Random numbers for transforms of images.
 *
 * @module
 */
import { threefry } from "@tenfold/core/backend";
import { checkCount } from "@tenfold/core/internal";

/**
 * Returns a random number from 0 (inclusive) to 1 (exclusive) in each call.
 *
 * @example A source of one's own
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   compose,
 *   type Random,
 *   randomHorizontalFlip,
 * } from "@tenfold/data/images";
 *
 * const never: Random = () => 0.999;
 * const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 9, 9, 9) };
 * const same = compose(randomHorizontalFlip())(image, never);
 * assertEquals(same.data, image.data);
 * ```
 */
export type Random = () => number;

/** Keeps these apart from what loaders draw from the same seed. */
const STREAM = 0x696d6167;

/**
 * The random numbers of one sample: they depend on the seed, the epoch and the
 * index only, on every runtime and whatever the order in which samples are
 * read.
 *
 * @param seed An integer.
 * @param epoch The epoch, from 0 on.
 * @param index The index of the sample.
 * @returns A function that returns one number in each call.
 *
 * @example The same numbers again
 * ```ts
 * import { sampleRandom } from "@tenfold/data/images";
 * import { assertEquals, assertNotEquals } from "@std/assert";
 *
 * assertEquals(sampleRandom(0, 1, 7)(), sampleRandom(0, 1, 7)());
 * assertNotEquals(sampleRandom(0, 1, 7)(), sampleRandom(0, 2, 7)());
 * ```
 */
export function sampleRandom(
  seed: number,
  epoch: number,
  index: number,
): Random {
  checkCount("sampleRandom", arguments.length, 3);
  const [low, high] = [seed | 0, Math.floor(seed / 2 ** 32) ^ STREAM];
  let count = 0;
  return () => {
    const turn = (epoch << 12) ^ count++;
    return (threefry(low, high, index, turn) >>> 0) / 2 ** 32;
  };
}
