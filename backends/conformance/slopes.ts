/**
 * What the gradient of each elementwise primitive is, as formulas of their own
 * in float64 and on purpose not by way of the expressions that core derives.
 *
 * @module
 */
import type { ElementwiseName } from "@tenfold/core/backend";
import { erf } from "@tenfold/core/backend";
import { type Draw, within } from "./values.ts";

/** The gradient by one operand: from that of the result, and the operands. */
type Slope = (g: number, ...operands: number[]) => number;

/** The gradients of one primitive. */
export interface Slopes {
  /** One for each operand; null for one that has none. */
  readonly by: readonly (Slope | null)[];
  /** The error that is allowed, in machine epsilons. @default {0} */
  readonly epsilons?: number;
  /** What the error is relative to, beside the gradient itself. */
  readonly scale?: Slope;
  /** Errors below this do not count. */
  readonly floor?: number;
  /** The numbers that operands are taken from. @default {those of `EDGES`} */
  readonly edges?: readonly (readonly number[] | null)[];
  /** Numbers of ordinary size, where not all will do. */
  readonly draws?: readonly Draw[];
}

const signed = (...numbers: number[]): number[] =>
  numbers.flatMap((x) => [x, -x]);

/** Edges at which nothing between operand and gradient overflows. */
const MODERATE = [
  ...signed(0, 2 ** -149, 2 ** -126, 0.5, 1, 3, 20, Infinity),
  NaN,
];
/** The same without infinities and without what the square of is 0. */
const FINITE = [...signed(0.5, 1, 3, 20, 1e3), NaN];
const POSITIVE = [0.5, 1, 3, 20, 1e3, NaN];
/** Between -1 and what is large, as logarithms of 1 + x take it. */
const ABOVE_MINUS_ONE = [0, -0, 2 ** -149, -0.5, 0.5, 3, 1e3, Infinity, NaN];
const SLOPE = [0, 0.01, 1, 2.5];

const positive: Draw = within(0.1, 10);
const unit: Draw = within(0, 1);

/** Errors of products of small factors that do not count. */
const TINY = 1e-34;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const density = (x: number): number =>
  Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
const cdf = (x: number): number => (1 + erf(x * Math.SQRT1_2)) / 2;
/** Steps: level wherever there is a gradient. */
const level: Slopes = { by: [() => 0] };
/** The whole of it to the one that is taken, half of it to each of two ties. */
const taken = (wins: (mine: number, other: number) => boolean): Slopes => {
  const share = (g: number, mine: number, other: number) =>
    mine === other ? g / 2 : wins(other, mine) ? 0 : g;
  return {
    by: [(g, a, b) => share(g, a!, b!), (g, a, b) => share(g, b!, a!)],
  };
};

/** The elementwise primitives whose gradients have formulas here. */
export const SLOPES: { readonly [N in ElementwiseName]?: Slopes } = {
  add: { by: [(g) => g, (g) => g] },
  sub: { by: [(g) => g, (g) => -g] },
  mul: { by: [(g, _, b) => g * b!, (g, a) => g * a!] },
  div: {
    by: [(g, _, b) => g / b!, (g, a, b) => -(g * (a! / b!)) / b!],
    epsilons: 12,
    edges: [[...signed(0, Infinity), ...FINITE], FINITE],
    draws: [positive, positive],
  },
  remainder: {
    by: [(g) => g, (g, a, b) => -g * Math.floor(a! / b!)],
    epsilons: 4,
    edges: [FINITE, FINITE],
    draws: [within(2.3, 2.6), within(0.95, 1.05)],
  },
  pow: {
    by: [
      (g, a, b) => b === 0 ? 0 : g * (b! * a! ** (b! - 1)),
      (g, a, b) => g * (a! ** b! * Math.log(a!)),
    ],
    epsilons: 160,
    edges: [[0.5, 1, 3, NaN], [-2, -0.5, 0.5, 1, 2, 3]],
    draws: [positive, within(-2, 2)],
  },
  maximum: taken((mine, other) => mine > other),
  minimum: taken((mine, other) => mine < other),
  atan2: {
    by: [
      (g, y, x) => g * x! / (x! * x! + y! * y!),
      (g, y, x) => -(g * y!) / (x! * x! + y! * y!),
    ],
    epsilons: 12,
    edges: [FINITE, FINITE],
    draws: [positive, positive],
  },
  hypot: {
    by: [
      (g, a, b) => g * (a! / Math.hypot(a!, b!)),
      (g, a, b) => g * (b! / Math.hypot(a!, b!)),
    ],
    epsilons: 16,
    edges: [[0, -0, ...FINITE], FINITE],
    draws: [positive, positive],
  },
  neg: { by: [(g) => -g] },
  abs: { by: [(g, x) => g * Math.sign(x!)] },
  sign: level,
  square: { by: [(g, x) => 2 * g * x!], epsilons: 2, edges: [MODERATE] },
  exp: { by: [(g, x) => g * Math.exp(x!)], epsilons: 24, edges: [MODERATE] },
  expm1: { by: [(g, x) => g * Math.exp(x!)], epsilons: 24, edges: [MODERATE] },
  log: {
    by: [(g, x) => g / x!],
    epsilons: 8,
    edges: [POSITIVE],
    draws: [positive],
  },
  log1p: {
    by: [(g, x) => g / (1 + x!)],
    epsilons: 8,
    edges: [ABOVE_MINUS_ONE],
    draws: [positive],
  },
  log2: {
    by: [(g, x) => g / (x! * Math.LN2)],
    epsilons: 12,
    edges: [POSITIVE],
    draws: [positive],
  },
  sqrt: {
    by: [(g, x) => g / (2 * Math.sqrt(x!))],
    epsilons: 12,
    edges: [[0, ...POSITIVE, Infinity]],
    draws: [positive],
  },
  rsqrt: {
    by: [(g, x) => -g / 2 / (x! * Math.sqrt(x!))],
    epsilons: 24,
    edges: [POSITIVE],
    draws: [positive],
  },
  reciprocal: {
    by: [(g, x) => -g / (x! * x!)],
    epsilons: 24,
    edges: [[...FINITE, Infinity, -Infinity]],
    draws: [positive],
  },
  sin: {
    by: [(g, x) => g * Math.cos(x!)],
    epsilons: 24,
    scale: (g) => g,
    edges: [MODERATE],
  },
  cos: {
    by: [(g, x) => -(g * Math.sin(x!))],
    epsilons: 24,
    scale: (g) => g,
    edges: [MODERATE],
  },
  tan: {
    by: [(g, x) => g * (1 + Math.tan(x!) ** 2)],
    epsilons: 64,
    edges: [[0, -0, 2 ** -149, 0.5, -0.5, 1, NaN, Infinity]],
    draws: [unit],
  },
  tanh: {
    by: [(g, x) => g * (1 - Math.tanh(x!) ** 2)],
    epsilons: 40,
    scale: (g) => 2 * g,
    edges: [MODERATE],
  },
  sigmoid: {
    by: [(g, x) => g * sigmoid(x!) * sigmoid(-x!)],
    epsilons: 40,
    scale: (g) => g,
    edges: [[...signed(0, 2 ** -149, 0.5, 1, 3, Infinity), NaN]],
  },
  erf: {
    by: [(g, x) => g * (2 / Math.sqrt(Math.PI) * Math.exp(-x! * x!))],
    epsilons: 80,
    floor: TINY,
    edges: [[...signed(0, 2 ** -149, 0.5, 1, 3, Infinity), NaN]],
    draws: [within(-2, 2)],
  },
  gelu: {
    by: [(g, x) => g * (cdf(x!) + x! * density(x!))],
    epsilons: 40,
    scale: (g, x) => g * (1 + Math.abs(x!)),
    floor: TINY,
    edges: [[...signed(0, 2 ** -149, 0.5, 1, 3), 20, NaN]],
  },
  softplus: {
    by: [(g, x) => g * sigmoid(x!)],
    epsilons: 32,
    scale: (g) => g,
    edges: [MODERATE],
  },
  floor: level,
  ceil: level,
  round: level,
  trunc: level,
  relu: { by: [(g, x) => x! <= 0 ? 0 : g] },
  leakyRelu: {
    by: [
      (g, x, slope) => x! > 0 ? g : g * slope!,
      (g, x) => x! > 0 ? 0 : g * x!,
    ],
    edges: [null, SLOPE],
  },
  elu: {
    by: [
      (g, x, alpha) => x! <= 0 ? g * (alpha! * Math.exp(x!)) : g,
      (g, x) => x! <= 0 ? g * Math.expm1(x!) : 0,
    ],
    epsilons: 32,
    floor: TINY,
    edges: [MODERATE, SLOPE],
  },
  silu: {
    by: [(g, x) => g * sigmoid(x!) * (1 + x! * sigmoid(-x!))],
    epsilons: 48,
    scale: (g, x) => g * sigmoid(x!) * (1 + Math.abs(x!)),
    floor: TINY,
    edges: [[...signed(0, 2 ** -149, 0.5, 1, 3, 20), NaN]],
  },
  clamp: {
    by: [
      (g, x, low, high) => low! <= x! && x! <= high! ? g : 0,
      (g, x, low, high) => x! < low! && low! < high! ? g : 0,
      (g, x, low, high) => high! < x! || high! < low! ? g : 0,
    ],
  },
  where: {
    by: [
      null,
      (g, condition) => condition !== 0 ? g : 0,
      (g, condition) => condition !== 0 ? 0 : g,
    ],
    edges: [[0, -0, 1, 2.5, NaN], null, null],
  },
};
