/**
 * Values by position of which there are as many as a function takes apart.
 *
 * @module
 */

/**
 * Values by position of which there are as many as a function takes apart:
 * `([x, y]) => …` has two.
 *
 * @example Two of as many values as there are
 * ```ts
 * import type { Several } from "@tenfold/tenfold";
 *
 * function difference([a, b]: Several<number>): number {
 *   return a - b;
 * }
 * ```
 */
export type Several<T> = readonly [T, T, T, T, T, T, T, T, ...T[]];
