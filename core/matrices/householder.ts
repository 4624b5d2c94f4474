/**
 * Householder's reflections: a matrix as an orthogonal one times a triangle.
 *
 * @module
 */
import type { Matrix } from "./lu.ts";

/** The two factors of a matrix. */
export interface Factors {
  /** `[m, columns]`, orthonormal columns. */
  readonly q: Matrix;
  /** `[columns, n]`, an upper triangle. */
  readonly r: Matrix;
}

/**
 * `a = q r` of `[m, n]`, with `columns` columns of q: between `min(m, n)` and
 * m. The diagonal of r has the signs that LAPACK gives it.
 */
export function orthogonalise(
  a: Matrix,
  m: number,
  n: number,
  columns: number,
): Factors {
  const work = a.slice();
  const steps = Math.min(m, n);
  const scales = new Float64Array(steps);
  for (let j = 0; j < steps; j++) {
    let below = 0;
    for (let i = j + 1; i < m; i++) below = Math.hypot(below, work[i * n + j]!);
    if (below === 0) continue;
    const head = work[j * n + j]!;
    const length = head < 0
      ? Math.hypot(head, below)
      : -Math.hypot(head, below);
    scales[j] = (length - head) / length;
    for (let i = j + 1; i < m; i++) work[i * n + j]! /= head - length;
    work[j * n + j] = length;
    reflect(work, scales[j]!, work, { m, n, j, width: n, from: j + 1 });
  }
  const q = new Float64Array(m * columns);
  for (let i = 0; i < columns; i++) q[i * columns + i] = 1;
  for (let j = steps - 1; j >= 0; j--) {
    reflect(work, scales[j]!, q, { m, n, j, width: columns, from: j });
  }
  const r = new Float64Array(columns * n);
  for (let i = 0; i < Math.min(columns, steps); i++) {
    for (let j = i; j < n; j++) r[i * n + j] = work[i * n + j]!;
  }
  return { q, r };
}

/** Applies reflection `j`, held below the diagonal of `work`, to `target`. */
function reflect(
  work: Matrix,
  scale: number,
  target: Matrix,
  { m, n, j, width, from }: {
    m: number;
    n: number;
    j: number;
    width: number;
    from: number;
  },
): void {
  if (scale === 0) return;
  // Row by row, as matrices lie.
  const top = j * width;
  const sums = target.slice(top + from, top + width);
  const { length } = sums;
  for (let i = j + 1; i < m; i++) {
    const factor = work[i * n + j]!;
    const at = i * width + from;
    for (let l = 0; l < length; l++) sums[l]! += factor * target[at + l]!;
  }
  for (let l = 0; l < length; l++) {
    sums[l]! *= scale;
    target[top + from + l]! -= sums[l]!;
  }
  for (let i = j + 1; i < m; i++) {
    const factor = work[i * n + j]!;
    const at = i * width + from;
    for (let l = 0; l < length; l++) target[at + l]! -= factor * sums[l]!;
  }
}
