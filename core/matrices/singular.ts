/**
 * Singular values and vectors by Jacobi's rotations of one side, which finds
 * small singular values to as many digits as large ones.
 *
 * @module
 */
import { signOf } from "./eigen.ts";
import { orthogonalise } from "./householder.ts";
import { lengthOf, logDeterminant, type Matrix, transposed } from "./lu.ts";

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

/** The singular value decomposition of `[m, n]`. */
export function singularValues(a: Matrix, m: number, n: number): Singular {
  if (m < n) {
    const { values, left, right } = decompose(transposed(a, m, n), n, m);
    return turned({ values, left: right, right: left }, m, n);
  }
  return turned(decompose(a, m, n), m, n);
}

/** Of a matrix that is at least as tall as wide. */
function decompose(a: Matrix, m: number, n: number): Singular {
  // Columns as rows, so that each lies together.
  const { q, r } = orthogonalise(a, m, n, n);
  const columns = transposed(r, n, n);
  const turns = new Float64Array(n * n);
  for (let i = 0; i < n; i++) turns[i * n + i] = 1;
  let scale = 0;
  for (const x of columns) scale = Math.max(scale, Math.abs(x));
  const finite = Number.isFinite(scale);
  for (let sweep = 0; sweep < MOST_SWEEPS && finite; sweep++) {
    if (!rotateAll(columns, turns, n)) break;
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
    right.set(turns.subarray(from * n, (from + 1) * n), to * n);
  });
  const values = lengths.map((_, i) => lengths[order[i]!]!);
  if (!finite) values.fill(NaN);
  complete(inner, values, n, n);
  // The left vectors of a are those of r, turned by q.
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

/** Turns each pair of columns until they are orthogonal; whether any was not. */
function rotateAll(columns: Matrix, turns: Matrix, n: number): boolean {
  let any = false;
  for (let p = 0; p < n - 1; p++) {
    for (let q = p + 1; q < n; q++) {
      let [a, b, c] = [0, 0, 0];
      for (let i = 0; i < n; i++) {
        const [x, y] = [columns[p * n + i]!, columns[q * n + i]!];
        a += x * x;
        b += y * y;
        c += x * y;
      }
      if (Math.abs(c) <= 4e-16 * Math.sqrt(a) * Math.sqrt(b) || c === 0) {
        continue;
      }
      any = true;
      const zeta = (b - a) / (2 * c);
      const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
      const cos = 1 / Math.hypot(1, t);
      rotate(columns, n, p, q, cos, cos * t);
      rotate(turns, n, p, q, cos, cos * t);
    }
  }
  return any;
}

function rotate(
  rows: Matrix,
  n: number,
  p: number,
  q: number,
  cos: number,
  sin: number,
): void {
  for (let i = 0; i < n; i++) {
    const [x, y] = [rows[p * n + i]!, rows[q * n + i]!];
    rows[p * n + i] = cos * x - sin * y;
    rows[q * n + i] = sin * x + cos * y;
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

/** Both vectors turned so that the largest element of the right is positive. */
function turned(found: Singular, m: number, n: number): Singular {
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
  const turn = logDeterminant(left, n)[0] * logDeterminant(right, n)[0];
  for (let k = 0; k < n; k++) {
    let others = turn;
    values.forEach((value, i) => others *= i === k ? 1 : value);
    for (let i = 0; i < n; i++) {
      const factor = others * left[k * n + i]!;
      for (let j = 0; j < n; j++) out[i * n + j]! += factor * right[k * n + j]!;
    }
  }
  return out;
}
