/**
 * Matrices as flat arrays of doubles, row after row: products, triangular
 * systems, and Gauss' elimination with what follows from it.
 *
 * @module
 */

/** A matrix, or several vectors, row after row. */
export type Matrix = Float64Array;

/** `a b` of `[m, k]` and `[k, n]`. */
export function product(
  a: Matrix,
  b: Matrix,
  m: number,
  k: number,
  n: number,
): Matrix {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++) {
      const factor = a[i * k + l]!;
      const [at, other] = [i * n, l * n];
      for (let j = 0; j < n; j++) out[at + j]! += factor * b[other + j]!;
    }
  }
  return out;
}

/** The transpose of `[m, n]`. */
export function transposed(a: Matrix, m: number, n: number): Matrix {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) out[j * m + i] = a[i * n + j]!;
  }
  return out;
}

/** The length of a vector, without overflow. */
export function lengthOf(row: Float64Array): number {
  let most = 0;
  for (const x of row) most = Math.max(most, Math.abs(x));
  if (most === 0 || !Number.isFinite(most)) return most;
  let sum = 0;
  for (const x of row) sum += (x / most) ** 2;
  return most * Math.sqrt(sum);
}

/** Ones on the diagonal of `[m, n]`. */
export function identity(m: number, n: number = m): Matrix {
  const out = new Float64Array(m * n);
  for (let i = 0; i < Math.min(m, n); i++) out[i * n + i] = 1;
  return out;
}

/** Which triangle a system has, and whether its diagonal counts as ones. */
export interface Triangle {
  /** The upper one; else the lower. */
  readonly upper: boolean;
  /** The diagonal is taken for ones. */
  readonly unit: boolean;
}

/** Solves the triangular system `a x = b` in place of `b`, `[n, k]`. */
export function solveTriangle(
  a: Matrix,
  b: Matrix,
  n: number,
  k: number,
  { upper, unit }: Triangle,
): void {
  for (let step = 0; step < n; step++) {
    const i = upper ? n - 1 - step : step;
    const [from, to] = upper ? [i + 1, n] : [0, i];
    for (let l = from; l < to; l++) {
      const factor = a[i * n + l]!;
      if (factor === 0) continue;
      const [at, other] = [i * k, l * k];
      for (let j = 0; j < k; j++) b[at + j]! -= factor * b[other + j]!;
    }
    if (unit) continue;
    const pivot = a[i * n + i]!;
    for (let j = 0; j < k; j++) b[i * k + j]! /= pivot;
  }
}

/** A matrix taken apart: rows in `order`, then `L` and `U` in one place. */
export interface Elimination {
  /** Below the diagonal L, whose own is ones; from the diagonal on U. */
  readonly lu: Matrix;
  /** Which row of the matrix each row is. */
  readonly order: Int32Array;
  /** 1, or -1 where the order is an odd one. */
  readonly parity: number;
}

/** Eliminates with the largest pivot of each column. */
export function eliminate(a: Matrix, n: number): Elimination {
  const lu = a.slice();
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let parity = 1;
  for (let j = 0; j < n; j++) {
    let best = j;
    for (let i = j + 1; i < n; i++) {
      if (Math.abs(lu[i * n + j]!) > Math.abs(lu[best * n + j]!)) best = i;
    }
    if (best !== j) {
      parity = -parity;
      const row = lu.slice(j * n, (j + 1) * n);
      lu.copyWithin(j * n, best * n, (best + 1) * n);
      lu.set(row, best * n);
      [order[j], order[best]] = [order[best]!, order[j]!];
    }
    const pivot = lu[j * n + j]!;
    if (pivot === 0) continue;
    for (let i = j + 1; i < n; i++) {
      const factor = lu[i * n + j]! / pivot;
      lu[i * n + j] = factor;
      if (factor === 0) continue;
      const [at, top] = [i * n, j * n];
      for (let l = j + 1; l < n; l++) lu[at + l]! -= factor * lu[top + l]!;
    }
  }
  return { lu, order, parity };
}

/** Whether a pivot is 0: the matrix has no inverse. */
export function isSingular(lu: Matrix, n: number): boolean {
  for (let i = 0; i < n; i++) if (lu[i * n + i] === 0) return true;
  return false;
}

/** Solves `a x = b`; NaN where a is singular. */
export function solveSystem(
  a: Matrix,
  b: Matrix,
  n: number,
  k: number,
): Matrix {
  const { lu, order } = eliminate(a, n);
  const x = new Float64Array(n * k);
  if (isSingular(lu, n)) return x.fill(NaN);
  order.forEach((row, i) => x.set(b.subarray(row * k, (row + 1) * k), i * k));
  solveTriangle(lu, x, n, k, { upper: false, unit: true });
  solveTriangle(lu, x, n, k, { upper: true, unit: false });
  return x;
}

/** The sign of the determinant, and the logarithm of its size. */
export function logDeterminant(a: Matrix, n: number): [number, number] {
  const { lu, parity } = eliminate(a, n);
  let [sign, log] = [parity, 0];
  for (let i = 0; i < n; i++) {
    const pivot = lu[i * n + i]!;
    sign *= Math.sign(pivot);
    log += Math.log(Math.abs(pivot));
  }
  return [sign, log];
}

/** The determinant. */
export function determinant(a: Matrix, n: number): number {
  const { lu, parity } = eliminate(a, n);
  let found = parity;
  for (let i = 0; i < n; i++) found *= lu[i * n + i]!;
  return found;
}

/**
 * The triangle L with `L Lᵀ = a`, which reads the lower one of `a`; NaN where
 * `a` is not positive definite.
 */
export function choleskyOf(a: Matrix, n: number): Matrix {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let l = 0; l < j; l++) sum -= out[i * n + l]! * out[j * n + l]!;
      if (i !== j) out[i * n + j] = sum / out[j * n + j]!;
      else if (sum > 0) out[i * n + i] = Math.sqrt(sum);
      else return out.fill(NaN);
    }
  }
  return out;
}
