/**
 * Values by position of which there are as many as a function takes apart.
 *
 * @module
 */

/**
 * Values by position of which there are as many as a function takes apart:
 * `([x, y]) => …` has two.
 */
export type Several<T> = readonly [T, T, T, T, T, T, T, T, ...T[]];
