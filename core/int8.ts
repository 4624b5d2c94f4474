/**
 * Integers of 8 bits in place of weights: what a model needs that is quantised.
 * Not for programs: names change here without notice.
 *
 * @module
 */
export { addLinearInt8, MOST_INPUTS, wordsOf } from "./ops/linear_int8.ts";
