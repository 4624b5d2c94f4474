/**
 * The error function for float32 results: about 1e-8 from the true value,
 * where float32 rounds at 6e-8.
 *
 * @module
 */
import { erfc } from "@tenfold/core/backend";

/** Distance of the points at which erfc is tabulated, and how far they go. */
const STEP = 1 / 64;
const END = 10.5;
const COUNT = END / STEP + 1;

/** erfc at the points, and its slope there but for the sign. */
const VALUES = new Float64Array(COUNT);
const SLOPES = new Float64Array(COUNT);

/** Fills the tables, before {@linkcode erf32} and {@linkcode gelu32} run. */
export function fillErrorTables(): void {
  if (VALUES[0] !== 0) return;
  for (let i = 0; i < COUNT; i++) {
    const at = i * STEP;
    VALUES[i] = erfc(at);
    SLOPES[i] = 2 / Math.sqrt(Math.PI) * Math.exp(-(at ** 2));
  }
}

/** erfc of a positive number by its Taylor series at the nearest point. */
function erfcPositive(x: number): number {
  const bounded = x < END ? x : END;
  const i = (bounded / STEP + 0.5) | 0;
  const at = i * STEP;
  const r = bounded - at;
  // The derivatives of exp(-x^2) are Hermite polynomials of the point.
  const square = at * at;
  const series = r *
    (1 - r *
        (at - r *
            ((2 * square - 1) / 3 - r *
                (at * (2 * square - 3) / 6 - r *
                    ((4 * square - 12) * square + 3) / 30))));
  return VALUES[i]! - SLOPES[i]! * series;
}

/** `erf(x)`; by its series near 0, where 1 - 1 would cancel. */
export function erf32(x: number): number {
  const square = x * x;
  if (square < 0.04) {
    return 1.1283791670955126 * x *
      (1 - square * (1 / 3 - square * (1 / 10 - square * (1 / 42))));
  }
  return x > 0 ? 1 - erfcPositive(x) : x < 0 ? erfcPositive(-x) - 1 : NaN;
}

/** `x / 2 * erfc(-x / sqrt(2))`. */
export function gelu32(x: number): number {
  if (x !== x) return x;
  const z = Math.abs(x) * Math.SQRT1_2;
  const tail = z < END ? erfcPositive(z) : 0;
  if (x > 0) return 0.5 * x * (2 - tail);
  // Infinity * 0 would not be a number.
  return tail === 0 ? 0 : 0.5 * x * tail;
}

/** The derivative of {@linkcode gelu32}. */
export function geluSlope32(x: number): number {
  if (x !== x) return x;
  const z = Math.abs(x) * Math.SQRT1_2;
  if (z > END) return (x > 0 ? 1 : 0) + (x - x);
  const slope = 0.5 * erfcPositive(z) -
    Math.abs(x) * Math.exp(-z * z) * 0.3989422804014327;
  return x > 0 ? 1 - slope : slope;
}
