/**
 * Compares what we compute with what PyTorch computed.
 *
 * @module
 */
import type { Tensor, TypedArray } from "@tenfold/core";
import type { Figure } from "./read.ts";

/** How far a value may lie from the figure: `atol + rtol * |figure|`. */
export interface Tolerance {
  /** Relative part. */
  readonly rtol: number;
  /** Absolute part, for figures near zero. */
  readonly atol: number;
}

/** Values of float32. */
export const VALUES: Tolerance = { rtol: 1e-5, atol: 1e-6 };

/** Gradients and trajectories in float32. */
export const GRADIENTS: Tolerance = { rtol: 1e-4, atol: 1e-5 };

/** Everything in float64. */
export const DOUBLES: Tolerance = { rtol: 1e-12, atol: 1e-12 };

/** Whole numbers and truth values. */
export const EXACT: Tolerance = { rtol: 0, atol: 0 };

/** True when a value is close enough; NaN is close to NaN alone. */
export function close(
  found: number,
  expected: number,
  { rtol, atol }: Tolerance,
): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(found);
  if (!Number.isFinite(expected)) return found === expected;
  return Math.abs(found - expected) <= atol + rtol * Math.abs(expected);
}

/**
 * Compares elements and names the first that is too far off.
 *
 * @returns A sentence, or null when all are close.
 */
export function compareElements(
  found: ArrayLike<number>,
  expected: TypedArray,
  tolerance: Tolerance,
): string | null {
  if (found.length !== expected.length) {
    return `${found.length} elements instead of ${expected.length}`;
  }
  let wrong = 0;
  let first = "";
  for (let i = 0; i < expected.length; i++) {
    const f = Number(found[i]);
    const e = expected[i]!;
    if (close(f, e, tolerance)) continue;
    if (wrong++ === 0) first = `element ${i} is ${f} instead of ${e}`;
  }
  if (wrong === 0) return null;
  return wrong === 1 ? first : `${first}, and ${wrong - 1} more`;
}

/**
 * Compares a tensor with a figure: shape, dtype and elements.
 *
 * @returns A sentence that says what differs, or null.
 */
export async function compareTensor(
  found: Tensor,
  expected: Figure,
  tolerance: Tolerance,
  doubles: Tolerance = DOUBLES,
): Promise<string | null> {
  const shape = `[${found.shape.join(", ")}]`;
  const wanted = `[${expected.shape.join(", ")}]`;
  if (shape !== wanted) return `shape ${shape} instead of ${wanted}`;
  if (found.dtype !== expected.dtype) {
    return `dtype ${found.dtype} instead of ${expected.dtype}`;
  }
  return compareElements(
    await found.data(),
    expected.data,
    toleranceFor(expected, tolerance, doubles),
  );
}

/** The tolerance of float32, or the stricter one of another dtype. */
function toleranceFor(
  figure: Figure,
  tolerance: Tolerance,
  doubles: Tolerance,
): Tolerance {
  if (figure.dtype === "float32") return tolerance;
  return figure.dtype === "float64" ? doubles : EXACT;
}
