/**
 * Special functions that JavaScript's `Math` lacks, in float64.
 * `tools/math_fits.py` computes the coefficients.
 *
 * @module
 */

/** `erf(x) / x` in powers of x^2 for |x| <= 1, within 2^-55. */
const ERF = [
  1.1283791670955126,
  -0.3761263890318375,
  0.11283791670954879,
  -0.026866170645076792,
  0.005223977624818014,
  -0.00085483269808338,
  0.000120553311116427,
  -1.492559526683e-5,
  1.646100048412e-6,
  -1.6350312701e-7,
  1.4659775274e-8,
  -1.137284886e-9,
  5.957176e-11,
];

/** `(1 + 2 x) exp(x^2) erfc(x)` in powers of `(x - 5) / (x + 3)` for x >= 1, within
 * 2^-54. */
const ERFC = [
  1.217751015063755,
  -0.10601129557561735,
  0.008036606418315693,
  0.019435097941329315,
  -0.01720384051828812,
  0.00883460250888177,
  -0.00304221857508721,
  0.000602257192919516,
  1.461362697123e-5,
  -4.8730853276914e-5,
  9.950073704445e-6,
  2.358195367974e-6,
  -1.308346025315e-6,
  -6.777064472e-8,
  1.44777302025e-7,
  -3.01976022e-9,
  -1.6432319558e-8,
  7.55943304e-10,
  1.836508066e-9,
  -6.1096908e-11,
  -1.43369367e-10,
];

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) {
    sum = sum * x + coefficients[k]!;
  }
  return sum;
}

/** erfc for x >= 1. */
function erfcTail(x: number): number {
  if (x > 28) return 0;
  // The square of a float32 is exact, so that exp keeps all digits.
  const near = Math.fround(x);
  const decay = Math.exp(-near * near) * Math.exp((near - x) * (near + x));
  return decay * polynomial(ERFC, (x - 5) / (x + 3)) / (1 + 2 * x);
}

/**
 * The error function, `2 / sqrt(pi) * integral of exp(-t^2) from 0 to x`.
 *
 * @example A value
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { erf } from "@tenfold/core/backend";
 *
 * assertAlmostEquals(erf(1), 0.8427007929497149, 1e-15);
 * ```
 */
export function erf(x: number): number {
  if (Math.abs(x) < 1) return x * polynomial(ERF, x * x);
  if (Number.isNaN(x)) return NaN;
  return Math.sign(x) * (1 - erfcTail(Math.abs(x)));
}

/**
 * `1 - erf(x)` without cancellation for large x.
 *
 * @example A value that 1 - erf(x) would lose
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { erfc } from "@tenfold/core/backend";
 *
 * assertAlmostEquals(erfc(6), 2.1519736712498913e-17, 1e-30);
 * ```
 */
export function erfc(x: number): number {
  return x >= 1 ? erfcTail(x) : 1 - erf(x);
}

/** `x / 2 * erfc(-x / sqrt(2))`. */
export function gelu(x: number): number {
  if (x === -Infinity) return 0;
  return 0.5 * x * erfc(-x * Math.SQRT1_2);
}

/** The derivative of {@linkcode gelu}: `Φ(x) + x φ(x)`, NaN at ±∞. */
export function geluSlope(x: number): number {
  const density = Math.exp(-x * x / 2) * 0.3989422804014327;
  return 0.5 * erfc(-x * Math.SQRT1_2) + x * density;
}

/**
 * Rounds to the nearest integer, halves to the even one.
 *
 * @example Halves
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { roundHalfEven } from "@tenfold/core/internal";
 *
 * assertEquals([0.5, 1.5, 2.5].map(roundHalfEven), [0, 2, 2]);
 * ```
 */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5) return x < 0 && floor === 0 ? -0 : floor;
  if (rest > 0.5) return floor + 1 === 0 ? -0 : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1 === 0 ? -0 : floor + 1;
}
