/**
 * The scalar functions that have vector code of their own, with their errors.
 *
 * @module
 */

import {
  exp,
  expm1,
  log,
  log1p,
  log2,
  sigmoid,
  softplus,
  tanh,
} from "./exponential.ts";
import { gelu, geluSlope } from "./gelu.ts";
import type { Lanes, Vector } from "./lanes.ts";
import { erf, pow, remainder } from "./special.ts";
import { atan2, cos, sin, tan } from "./trigonometric.ts";

/** A scalar function as vector code on float32. */
export interface VectorMath {
  /** Writes the code and gives the local with the result. */
  readonly emit: (lanes: Lanes, ...operands: Vector[]) => Vector;
  /**
   * The largest error in units in the last place against float64, over all
   * normal results; the tests measure it on a million points and more. For
   * sin, cos and tan this holds up to |x| = 10^5; above, it is the engine's.
   */
  readonly ulps: number;
  /** Errors of results below it are counted as if they were as large. */
  readonly least?: number;
}

/** Every function with vector code of its own. */
export const VECTOR_MATH = {
  exp: { emit: exp, ulps: 1.1 },
  expm1: { emit: expm1, ulps: 1.7 },
  log: { emit: log, ulps: 1 },
  log1p: { emit: log1p, ulps: 1.6 },
  log2: { emit: log2, ulps: 2 },
  sin: { emit: sin, ulps: 1.7 },
  cos: { emit: cos, ulps: 1.7 },
  tan: { emit: tan, ulps: 3.8 },
  tanh: { emit: tanh, ulps: 2.7 },
  sigmoid: { emit: sigmoid, ulps: 2.5 },
  softplus: { emit: softplus, ulps: 1.9 },
  erf: { emit: erf, ulps: 2.4 },
  gelu: { emit: gelu, ulps: 1 },
  geluSlope: { emit: geluSlope, ulps: 0.8, least: 1 },
  atan2: { emit: (lanes, y, x) => atan2(lanes, y!, x!), ulps: 2.2 },
  pow: { emit: (lanes, x, y) => pow(lanes, x!, y!), ulps: 0.6 },
  remainder: { emit: (lanes, x, y) => remainder(lanes, x!, y!), ulps: 0.5 },
} as const satisfies Record<string, VectorMath>;
