/**
 * Exponentials for float32 results: about 1e-9 from the true value, where
 * float32 rounds at 6e-8, and several times as fast as `Math`.
 *
 * `exp(x) = 2^(i / 8) * exp(r)` with `i` the whole number nearest to
 * `8 x / ln 2`: the power comes from a table, `exp(r)` with |r| < 0.0434 from
 * five terms of its series.
 *
 * @module
 */

const STEPS = 8;
const SCALE = STEPS / Math.LN2;
const WIDTH = Math.LN2 / STEPS;
/** Where powers of two become 0 and Infinity in float64, in steps. */
const LOWEST = -1076 * STEPS;
const HIGHEST = 1024 * STEPS;
/** Adding and taking it away rounds to the nearest whole number. */
const ROUND = 1.5 * 2 ** 52;

const POWERS: Float64Array = new Float64Array(HIGHEST - LOWEST + 1);

/** Fills the table, before the functions of this file run. */
export function fillPowerTable(): void {
  if (POWERS[-LOWEST] !== 0) return;
  for (let i = 0; i < STEPS; i++) {
    const root = 2 ** (i / STEPS);
    for (let k = i; k < POWERS.length; k += STEPS) {
      // Halved exponents, as 2^-1076 alone would round to 0 too early.
      const exponent = (LOWEST + k - i) / STEPS;
      const half = Math.trunc(exponent / 2);
      POWERS[k] = root * 2 ** half * 2 ** (exponent - half);
    }
  }
}

/** `exp(x)`. */
export function exp32(x: number): number {
  const steps = x * SCALE;
  const bounded = steps < LOWEST ? LOWEST : steps > HIGHEST ? HIGHEST : steps;
  const whole = bounded + ROUND - ROUND;
  const r = (bounded - whole) * WIDTH;
  return POWERS[(whole | 0) - LOWEST]! *
    (1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24)))));
}

/** `1 / (1 + exp(-x))`. */
export function sigmoid32(x: number): number {
  return 1 / (1 + exp32(-x));
}

/** The hyperbolic tangent; by its series near 0, where 1 - 1 would cancel. */
export function tanh32(x: number): number {
  const square = x * x;
  return square < 0.01
    ? x *
      (1 - square * (1 / 3 - square * (2 / 15 - square * (17 / 315))))
    : 1 - 2 / (1 + exp32(2 * x));
}
