/**
 * Eigenvalues and eigenvectors of symmetric matrices: reduced to three
 * diagonals by reflections, then by rotations with Wilkinson's shift.
 *
 * @module
 */
import { identity, type Matrix } from "./lu.ts";

/** Eigenvalues in ascending order, and vectors as the rows of a matrix. */
export interface Eigen {
  readonly values: Float64Array;
  /** Row i belongs to value i; its largest element is positive. */
  readonly rows: Matrix;
}

/** The most steps for one eigenvalue before it counts as not found. */
const MOST_STEPS = 60;

/** Reads the lower triangle of `a`; NaN where it holds other than numbers. */
export function symmetricEigen(a: Matrix, n: number): Eigen {
  const { diagonal, beside, rows } = threeDiagonals(a, n);
  for (let end = n - 1; end > 0; end--) {
    for (let steps = 0;; steps++) {
      let start = end;
      while (start > 0 && !negligible(diagonal, beside, start)) start--;
      if (start === end) break;
      if (steps === MOST_STEPS || Number.isNaN(beside[end])) {
        return { values: diagonal.fill(NaN), rows: rows.fill(NaN) };
      }
      sweep(diagonal, beside, rows, n, start, end);
    }
  }
  const order = Array.from({ length: n }, (_, i) => i)
    .sort((i, j) => diagonal[i]! - diagonal[j]!);
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => {
    const row = rows.subarray(from * n, (from + 1) * n);
    sorted.set(signed(row), to * n);
  });
  return { values: diagonal.map((_, i) => diagonal[order[i]!]!), rows: sorted };
}

/** A vector with the sign that makes its largest element positive. */
export function signed(row: Float64Array): Float64Array {
  return signOf(row) < 0 ? row.map((x) => -x) : row;
}

/** The sign of the largest element, the first of equal ones. */
export function signOf(row: Float64Array): 1 | -1 {
  let most = 0;
  for (const x of row) {
    // Sizes that rounding alone tells apart count as equal.
    if (Math.abs(x) > Math.abs(most) * (1 + 1e-9)) most = x;
  }
  return most < 0 ? -1 : 1;
}

/** `beside[i]` stands between `diagonal[i - 1]` and `diagonal[i]`. */
interface ThreeDiagonals {
  readonly diagonal: Float64Array;
  readonly beside: Float64Array;
  /** The orthogonal matrix that led there, transposed. */
  readonly rows: Matrix;
}

function threeDiagonals(source: Matrix, n: number): ThreeDiagonals {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      a[i * n + j] = a[j * n + i] = source[i * n + j]!;
    }
  }
  const rows = identity(n);
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    let below = 0;
    for (let i = k + 2; i < n; i++) below = Math.hypot(below, a[i * n + k]!);
    if (below === 0) continue;
    const head = a[(k + 1) * n + k]!;
    const length = head < 0
      ? Math.hypot(head, below)
      : -Math.hypot(head, below);
    const scale = (length - head) / length;
    v[k + 1] = 1;
    for (let i = k + 2; i < n; i++) v[i] = a[i * n + k]! / (head - length);
    // a becomes (1 - scale v vᵀ) a (1 - scale v vᵀ).
    let dot = 0;
    for (let i = k + 1; i < n; i++) {
      const at = i * n;
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += a[at + j]! * v[j]!;
      w[i] = scale * sum;
      dot += w[i]! * v[i]!;
    }
    for (let i = k + 1; i < n; i++) w[i]! -= 0.5 * scale * dot * v[i]!;
    for (let i = k + 1; i < n; i++) {
      const at = i * n;
      const [one, two] = [v[i]!, w[i]!];
      for (let j = k + 1; j < n; j++) {
        a[at + j]! -= one * w[j]! + two * v[j]!;
      }
      a[i * n + k] = a[k * n + i] = i === k + 1 ? length : 0;
    }
    reflect(rows, v, scale, n, k + 1);
  }
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i]!);
  const beside = Float64Array.from(
    { length: n },
    (_, i) => i === 0 ? 0 : a[i * n + i - 1]!,
  );
  return { diagonal, beside, rows };
}

/** Applies a reflection to the rows from `from` on. */
function reflect(
  rows: Matrix,
  v: Float64Array,
  scale: number,
  n: number,
  from: number,
): void {
  const sums = new Float64Array(n);
  for (let i = from; i < n; i++) {
    const at = i * n;
    const factor = v[i]!;
    for (let j = 0; j < n; j++) sums[j]! += factor * rows[at + j]!;
  }
  for (let i = from; i < n; i++) {
    const at = i * n;
    const factor = scale * v[i]!;
    for (let j = 0; j < n; j++) rows[at + j]! -= factor * sums[j]!;
  }
}

function negligible(
  diagonal: Float64Array,
  beside: Float64Array,
  i: number,
): boolean {
  const size = Math.abs(diagonal[i - 1]!) + Math.abs(diagonal[i]!);
  return Math.abs(beside[i]!) <= Number.EPSILON * size || beside[i] === 0;
}

/** One implicit step over the block from `start` to `end`. */
function sweep(
  d: Float64Array,
  e: Float64Array,
  rows: Matrix,
  n: number,
  start: number,
  end: number,
): void {
  const half = (d[end - 1]! - d[end]!) / 2;
  const side = e[end]!;
  const root = Math.hypot(half, side);
  const shift = d[end]! - side * (side / (half + (half < 0 ? -root : root)));
  let x = d[start]! - shift;
  let z = e[start + 1]!;
  for (let k = start; k < end; k++) {
    const length = Math.hypot(x, z);
    const [c, s] = length === 0 ? [1, 0] : [x / length, z / length];
    if (k > start) e[k] = length;
    const [p, q, b] = [d[k]!, d[k + 1]!, e[k + 1]!];
    d[k] = c * c * p + 2 * c * s * b + s * s * q;
    d[k + 1] = s * s * p - 2 * c * s * b + c * c * q;
    e[k + 1] = c * s * (q - p) + (c * c - s * s) * b;
    if (k + 1 < end) {
      x = e[k + 1]!;
      z = s * e[k + 2]!;
      e[k + 2]! *= c;
    }
    const [at, next] = [k * n, (k + 1) * n];
    for (let j = 0; j < n; j++) {
      const u = rows[at + j]!;
      const v = rows[next + j]!;
      rows[at + j] = c * u + s * v;
      rows[next + j] = c * v - s * u;
    }
  }
}
