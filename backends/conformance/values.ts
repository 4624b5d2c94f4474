/**
 * The elements of operands: their distributions, and the edge values of each
 * dtype.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { Random } from "./random.ts";

/** Draws one number; it is cast to the operand's dtype afterwards. */
export type Draw = (random: Random, dtype: DType) => number;

const FLOAT_EDGES: readonly number[] = [
  0,
  0.5,
  1,
  1.5,
  2,
  2.5,
  3,
  0.1,
  Math.PI,
  10,
  17.25,
  88.5,
  100,
  1e5,
  8388609,
  16777216,
  1e10,
  1e-10,
  1e-20,
  1e30,
  Infinity,
];

const FLOAT32_EDGES: readonly number[] = [
  2 ** -149, // the smallest subnormal
  1e-40,
  2 ** -126, // the smallest normal
  (2 - 2 ** -23) * 2 ** 127, // the largest
  1 + 2 ** -23,
  1 - 2 ** -24,
];

const FLOAT16_EDGES: readonly number[] = [
  2 ** -24, // the smallest subnormal
  2 ** -15,
  2 ** -14, // the smallest normal
  2048,
  4096,
  65504, // the largest
  1 + 2 ** -10,
  1 - 2 ** -11,
];

const FLOAT64_EDGES: readonly number[] = [
  2 ** -1074,
  1e-310,
  2 ** -1022,
  Number.MAX_VALUE,
  1 + 2 ** -52,
  1 - 2 ** -53,
];

const signed = (numbers: readonly number[]): number[] =>
  numbers.flatMap((x) => [x, -x]);

/** The edge values of each dtype. */
export const EDGES: { readonly [D in DType]: readonly number[] } = {
  bool: [0, 1],
  int32: [
    ...signed([1, 2, 3, 7, 31, 32, 1000, 46341, 65536, 1073741824, 2147483647]),
    0,
    -2147483648,
  ],
  float16: [...signed([...FLOAT_EDGES, ...FLOAT16_EDGES]), NaN],
  float32: [...signed([...FLOAT_EDGES, ...FLOAT32_EDGES]), NaN],
  float64: [...signed([...FLOAT_EDGES, ...FLOAT64_EDGES]), NaN],
};

/** Bools are drawn with a coin, whatever the range of numbers. */
const drawn = (number: (random: Random) => number): Draw => (random, dtype) =>
  dtype === "bool" ? random.whole(0, 1) : number(random);

/** Any number from [low, high). */
export const within = (low: number, high: number): Draw =>
  drawn((random) => random.between(low, high));

/** A whole number from [low, high]. */
export const wholes = (low: number, high: number): Draw =>
  drawn((random) => random.whole(low, high));

/** Whole numbers and others, small, often equal to one another. */
export const common: Draw = drawn((random) =>
  random.chance(0.5) ? random.whole(-12, 12) / 4 : random.between(-8, 8)
);

/** Zero as often as not. */
export const sparse: Draw = drawn((random) =>
  random.chance(0.5) ? 0 : random.whole(-4, 4) / 2
);

/** Few values, so that many are equal; now and then an edge. */
export const ties: Draw = drawn((random) =>
  random.chance(0.05)
    ? random.pick([NaN, Infinity, -Infinity, -0])
    : random.whole(-4, 4) / 2
);

/** Anything that a dtype holds, small enough to be added up. */
export const anything: Draw = drawn((random) =>
  random.chance(0.1)
    ? random.pick([0, -0, 1, -1, NaN, Infinity, -Infinity, 1e30, 1e-30])
    : random.between(-8, 8)
);

/** 1 with probability `p`, else 0. */
export const rarely = (p: number): Draw => (random) => random.chance(p) ? 1 : 0;

/** Integers of any size, so that sums and products wrap. */
export const wrapping: Draw = (random) =>
  random.chance(0.3)
    ? random.whole(-(2 ** 31), 2 ** 31 - 1)
    : random.whole(-9, 9);

/** A number of either sign, away from 0. */
export const apart = (low: number, high: number): Draw => (random) =>
  random.between(low, high) * random.pick([1, -1]);

/** A number near one of a list. */
export const near =
  (centres: readonly number[], reach: number): Draw => (random) =>
    random.pick(centres) + random.between(-reach, reach);

/** Numbers of ordinary size, at which most functions are smooth. */
export const plain: Draw = within(-2, 2);
