/**
 * Singular values and vectors by Jacobi's rotations of one side, which finds
 * small singular values to as many digits as large ones; of large matrices, to
 * as many as the largest has, as LAPACK does.
 *
 * @module
 */
import { signOf, symmetricEigen } from "./eigen.ts";
import { orthogonalise } from "./householder.ts";
import {
  identity,
  lengthOf,
  logDeterminant,
  type Matrix,
  product,
  transposed,
} from "./lu.ts";

/** The three factors, vectors as rows. */
export interface Singular {
  /** In descending order, `min(m, n)` of them. */
  readonly values: Float64Array;
  /** Row i is the left vector of value i, `[k, m]`. */
  readonly left: Matrix;
  /** Row i is the right vector of value i, `[k, n]`; its largest element is positive. */
  readonly right: Matrix;
}

const MOST_SWEEPS = 40;

/** From here on `aᵀa` shows the way; smaller matrices keep all their digits. */
const LARGE = 32;

/** The singular value decomposition of `[m, n]`. */
export function singularValues(a: Matrix, m: number, n: number): Singular {
  if (m < n) {
    const { values, left, right } = decompose(transposed(a, m, n), n, m);
    return oriented({ values, left: right, right: left }, m, n);
  }
  return oriented(decompose(a, m, n), m, n);
}

/** Of a matrix that is at least as tall as wide. */
function decompose(a: Matrix, m: number, n: number): Singular {
  // Columns as rows, so that each lies together.
  const { q, r } = orthogonalise(a, m, n, n);
  let columns = transposed(r, n, n);
  let rotations = identity(n);
  let scale = 0;
  for (const x of columns) scale = Math.max(scale, Math.abs(x));
  const finite = Number.isFinite(scale);
  if (n >= LARGE && finite && scale > 0) {
    rotations = nearlyRight(columns, scale, n);
    columns = product(rotations, columns, n, n, n);
  }
  const squares = new Float64Array(n);
  for (let sweep = 0; sweep < MOST_SWEEPS && finite; sweep++) {
    if (!rotateAll(columns, rotations, squares, n)) break;
  }
  const lengths = Float64Array.from(
    { length: n },
    (_, i) => lengthOf(columns.subarray(i * n, (i + 1) * n)),
  );
  const order = Array.from({ length: n }, (_, i) => i)
    .sort((i, j) => lengths[j]! - lengths[i]!);
  const inner = new Float64Array(n * n);
  const right = new Float64Array(n * n);
  order.forEach((from, to) => {
    const length = lengths[from]!;
    const row = columns.subarray(from * n, (from + 1) * n);
    inner.set(length > 0 ? row.map((x) => x / length) : row.fill(0), to * n);
    right.set(rotations.subarray(from * n, (from + 1) * n), to * n);
  });
  const values = lengths.map((_, i) => lengths[order[i]!]!);
  if (!finite) values.fill(NaN);
  complete(inner, values, n, n);
  // The left vectors of a are q times those of r.
  const left = new Float64Array(n * m);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < m; i++) {
      let sum = 0;
      for (let l = 0; l < n; l++) sum += q[i * n + l]! * inner[k * n + l]!;
      left[k * m + i] = sum;
    }
  }
  return { values, left, right };
}

/**
 * Right vectors as rows, but for roundings: those of `aᵀa`. Of large matrices
 * they leave a few rotations to do, instead of many sweeps of them.
 */
function nearlyRight(columns: Matrix, scale: number, n: number): Matrix {
  const unit = columns.map((x) => x / scale);
  const squares = new Float64Array(n * n);
  for (let p = 0; p < n; p++) {
    for (let q = 0; q <= p; q++) squares[p * n + q] = dot(unit, n, p, q);
  }
  const { rows } = symmetricEigen(squares, n);
  if (Number.isNaN(rows[0])) return identity(n);
  const out = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    out.set(rows.subarray((n - 1 - k) * n, (n - k) * n), k * n);
  }
  return out;
}

/**
 * Rotates each pair of columns until they are orthogonal; whether any was not.
 * `squares` holds the squared lengths of the columns, which a rotation changes by
 * what it moves from one to the other.
 */
function rotateAll(
  columns: Matrix,
  rotations: Matrix,
  squares: Float64Array,
  n: number,
): boolean {
  const least = Math.max(4e-16, Math.sqrt(n) * Number.EPSILON / 2);
  let any = false;
  for (let p = 0; p < n; p++) squares[p] = dot(columns, n, p, p);
  for (let p = 0; p < n - 1; p++) {
    for (let q = p + 1; q < n; q++) {
      const c = dot(columns, n, p, q);
      if (c === 0) continue;
      let [a, b] = [squares[p]!, squares[q]!];
      const size = Math.sqrt(a) * Math.sqrt(b);
      // A length that has lost most of itself is taken anew.
      if (Math.abs(c) <= least * size) continue;
      a = dot(columns, n, p, p);
      b = dot(columns, n, q, q);
      if (Math.abs(c) <= least * Math.sqrt(a) * Math.sqrt(b)) continue;
      any = true;
      const zeta = (b - a) / (2 * c);
      const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
      const cos = 1 / Math.hypot(1, t);
      rotate(columns, n, p, q, cos, cos * t);
      rotate(rotations, n, p, q, cos, cos * t);
      squares[p] = Math.max(0, a - t * c);
      squares[q] = Math.max(0, b + t * c);
    }
  }
  return any;
}

/** The scalar product of two rows. */
function dot(rows: Matrix, n: number, p: number, q: number): number {
  const [from, other] = [p * n, q * n];
  const whole = n - n % 4;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += rows[from + i]! * rows[other + i]!;
    b += rows[from + i + 1]! * rows[other + i + 1]!;
    c += rows[from + i + 2]! * rows[other + i + 2]!;
    d += rows[from + i + 3]! * rows[other + i + 3]!;
  }
  for (let i = whole; i < n; i++) a += rows[from + i]! * rows[other + i]!;
  return a + b + (c + d);
}

function rotate(
  rows: Matrix,
  n: number,
  p: number,
  q: number,
  cos: number,
  sin: number,
): void {
  const [from, other] = [p * n, q * n];
  for (let i = 0; i < n; i++) {
    const x = rows[from + i]!;
    const y = rows[other + i]!;
    rows[from + i] = cos * x - sin * y;
    rows[other + i] = sin * x + cos * y;
  }
}

/** Rows that belong to a value of 0 become orthonormal to all before them. */
function complete(
  rows: Matrix,
  values: Float64Array,
  count: number,
  n: number,
): void {
  for (let k = 0; k < count; k++) {
    if (values[k] !== 0) continue;
    const row = extend(rows, k, n);
    rows.set(row, k * n);
  }
}

/** A unit vector that is orthogonal to the first `count` rows. */
function extend(rows: Matrix, count: number, n: number): Float64Array {
  let best = new Float64Array(n);
  let most = 0;
  for (let axis = 0; axis < n && most < 0.5; axis++) {
    const row = new Float64Array(n);
    row[axis] = 1;
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < count; k++) {
        let dot = 0;
        for (let i = 0; i < n; i++) dot += row[i]! * rows[k * n + i]!;
        for (let i = 0; i < n; i++) row[i]! -= dot * rows[k * n + i]!;
      }
    }
    const length = lengthOf(row);
    if (length > most) [best, most] = [row.map((x) => x / length), length];
  }
  return best;
}

/** `count` orthonormal rows become `[n, n]`. */
export function completed(rows: Matrix, count: number, n: number): Matrix {
  const out = new Float64Array(n * n);
  out.set(rows.subarray(0, count * n));
  for (let k = count; k < n; k++) out.set(extend(out, k, n), k * n);
  return out;
}

/** Both vectors with the signs that make the largest element of the right positive. */
function oriented(found: Singular, m: number, n: number): Singular {
  const { values, left, right } = found;
  values.forEach((_, k) => {
    const row = right.subarray(k * n, (k + 1) * n);
    if (signOf(row) > 0) return;
    row.forEach((x, i) => row[i] = -x);
    const other = left.subarray(k * m, (k + 1) * m);
    other.forEach((x, i) => other[i] = -x);
  });
  return found;
}

/** The inverse where there is one, else what comes nearest. */
export function pseudoInverse(
  a: Matrix,
  m: number,
  n: number,
  relative: number,
  absolute: number,
): Matrix {
  const { values, left, right } = singularValues(a, m, n);
  const floor = Math.max(absolute, relative * (values[0] ?? 0));
  const out = new Float64Array(n * m);
  values.forEach((value, k) => {
    if (value <= floor) return;
    for (let i = 0; i < n; i++) {
      const factor = right[k * n + i]! / value;
      for (let j = 0; j < m; j++) out[i * m + j]! += factor * left[k * m + j]!;
    }
  });
  return out;
}

/** The cofactors: the determinant times the transposed inverse, if there is one. */
export function cofactors(a: Matrix, n: number): Matrix {
  const { values, left, right } = singularValues(a, n, n);
  const out = new Float64Array(n * n);
  const sign = logDeterminant(left, n)[0] * logDeterminant(right, n)[0];
  for (let k = 0; k < n; k++) {
    let others = sign;
    values.forEach((value, i) => others *= i === k ? 1 : value);
    for (let i = 0; i < n; i++) {
      const factor = others * left[k * n + i]!;
      for (let j = 0; j < n; j++) out[i * n + j]! += factor * right[k * n + j]!;
    }
  }
  return out;
}
