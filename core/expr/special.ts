/**
 * Special functions that JavaScript's `Math` lacks, in float64.
 *
 * @module
 */

const TWO_OVER_SQRT_PI = 1.1283791670955126;

/**
 * erfc for x >= 2 by its continued fraction (Abramowitz and Stegun 7.1.14),
 * evaluated from the back.
 */
function erfcTail(x: number): number {
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = (k / 2) / (x + fraction);
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + fraction));
}

/** erf for |x| < 2 by its all-positive series (Abramowitz and Stegun 7.1.6). */
function erfSeries(x: number): number {
  const twice = 2 * x * x;
  let term = x;
  let sum = x;
  for (let n = 1; n < 60 && term !== 0; n++) {
    term *= twice / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
}

/** The error function, `2 / sqrt(pi) * integral of exp(-t^2) from 0 to x`. */
export function erf(x: number): number {
  if (Math.abs(x) < 2) return erfSeries(x);
  if (Number.isNaN(x)) return NaN;
  return Math.sign(x) * (1 - erfcTail(Math.abs(x)));
}

/** `1 - erf(x)` without cancellation for large x. */
export function erfc(x: number): number {
  if (x >= 2) return x === Infinity ? 0 : erfcTail(x);
  return 1 - erf(x);
}

/** `x / 2 * erfc(-x / sqrt(2))`. */
export function gelu(x: number): number {
  if (x === -Infinity) return 0;
  return 0.5 * x * erfc(-x * Math.SQRT1_2);
}

/** To the nearest integer, halves to the even one. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5) return x < 0 && floor === 0 ? -0 : floor;
  if (rest > 0.5) return floor + 1 === 0 ? -0 : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1 === 0 ? -0 : floor + 1;
}
