/**
 * The discrete Fourier transform of pairs. Where memory is read without waiting
 * it is an algorithm along lines, in double precision. Elsewhere it is made of
 * products with small matrices: a length is taken apart into factors (Cooley
 * and Tukey), and where a prime factor is large, into a convolution of a
 * longer, smooth length (Bluestein); all of it is linear in tensor operations,
 * so that it has its gradient by itself, and runs in transforms.
 *
 * @module
 */
import type { DType, TypedArray } from "../dtype.ts";
import { DTYPES } from "../dtype.ts";
import { APPLY, UPLOAD_LIKE } from "../members.ts";
import { addFourier } from "../ops/fourier.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** Factors up to this are made by one product with a matrix. */
const LARGEST = 32;

/** A number of two parts: `[..., 2]`, the real one first. */
export type Pairs = Tensor;

/** Real and imaginary parts of `e^(sign * 2πi * turn)`, exact at quarters. */
function unit(turn: number, sign: number): [number, number] {
  const quarters = Math.round(4 * turn);
  const angle = (4 * turn - quarters) * Math.PI / 2;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const [real, imaginary] = [[c, s], [-s, c], [-c, -s], [s, -c]][
    quarters % 4
  ] as [number, number];
  return [real + 0, sign * imaginary + 0];
}

/** Constants of transforms before, by their names. */
const known = new Map<string, TypedArray>();
/** How many elements they have together, and may have. */
let held = 0;
const MOST_HELD = 2 ** 19;

/** A constant beside `x`, computed once for each name. */
function constantLike(
  x: Tensor,
  what: string,
  shape: Shape,
  at: (i: number) => number,
): Tensor {
  const name = `${what} ${shape} ${x.dtype}`;
  let data = known.get(name);
  if (data === undefined) {
    const size = shape.reduce((a, b) => a * b, 1);
    data = DTYPES[x.dtype as DType].allocate(size);
    for (let i = 0; i < size; i++) data[i] = at(i);
    if (held + size > MOST_HELD) {
      known.clear();
      held = 0;
    }
    if (size <= MOST_HELD) {
      known.set(name, data);
      held += size;
    }
  }
  return x[UPLOAD_LIKE](data, shape, x.dtype);
}

/** `n` as factors of up to {@linkcode LARGEST}, or null if a prime is larger. */
export function factorsOf(n: number): number[] | null {
  const factors: number[] = [];
  let rest = n;
  for (let f = LARGEST; f >= 2; f--) {
    while (rest % f === 0) {
      factors.push(f);
      rest /= f;
    }
  }
  return rest === 1 ? factors : null;
}

/** The matrix of a transform of length n over pairs: `[n * 2, n * 2]`. */
function matrixLike(x: Tensor, n: number, sign: number): Tensor {
  return constantLike(x, `matrix ${sign}`, [2 * n, 2 * n], (i) => {
    const [row, column] = [Math.floor(i / (2 * n)), i % (2 * n)];
    const [j, k] = [row >> 1, column >> 1];
    const [real, imaginary] = unit(((j * k) % n) / n, sign);
    if (row % 2 === column % 2) return real;
    return column % 2 === 1 ? imaginary : -imaginary;
  });
}

/** `a * b` of pairs, which broadcast. */
export function multiply(a: Pairs, b: Pairs): Pairs {
  const [ar, ai] = [a.narrow(-1, 0, 1), a.narrow(-1, 1, 1)];
  // (x + iy) * b = x * b + y * ib, with ib = (-im b, re b).
  return ar.mul(b).add(ai.mul(timesI(b)));
}

/** `i * b` of pairs. */
function timesI(b: Pairs): Pairs {
  const flipped = b.flip(-1);
  return flipped.mul(constantLike(b, "i", [2], (i) => i === 0 ? -1 : 1));
}

/** Transforms `[rows, n, 2]` along n, unscaled; the sign is that of the angle. */
export function transform(x: Pairs, sign: number): Pairs {
  const [rows, n] = x.shape as [number, number];
  if (n <= 1 || rows === 0) return x;
  if (n > LARGEST && x.device.backend.readSync) {
    addFourier();
    return x.reshape([rows, 2 * n])
      [APPLY]({ name: "lines", algorithm: sign < 0 ? "dft" : "idft" })
      .reshape([rows, n, 2]);
  }
  const factors = factorsOf(n);
  return factors === null ? bluestein(x, sign) : mixed(x, sign, factors);
}

/**
 * Transforms real numbers `[rows, n]` to their first pairs, `[rows, n / 2 + 1,
 * 2]`, or those back, unscaled; null where that is done by way of all pairs.
 */
export function transformReal(
  x: Tensor,
  n: number,
  inverse: boolean,
): Tensor | null {
  const rows = x.shape[0]!;
  if (
    n <= LARGEST || n % 2 !== 0 || rows === 0 || !x.device.backend.readSync
  ) return null;
  addFourier();
  if (!inverse) {
    return x.pad([0, 2])[APPLY]({ name: "lines", algorithm: "rdft" })
      .reshape([rows, n / 2 + 1, 2]);
  }
  return x.reshape([rows, n + 2])
    [APPLY]({ name: "lines", algorithm: "irdft" }).narrow(1, 0, n);
}

/** Takes one factor off: n = a * b. */
function mixed(x: Pairs, sign: number, factors: readonly number[]): Pairs {
  const [rows, n] = x.shape as [number, number];
  const [a, ...rest] = factors as [number, ...number[]];
  if (rest.length === 0) {
    return x.reshape([rows, 2 * n]).matmul(matrixLike(x, n, sign))
      .reshape([rows, n, 2]);
  }
  const b = n / a;
  // Elements i * b + j for each j, transformed over i.
  const columns = x.reshape([rows, a, b, 2]).permute([0, 2, 1, 3])
    .reshape([rows * b, 2 * a]).matmul(matrixLike(x, a, sign))
    .reshape([rows, b, a, 2]);
  const twiddles = constantLike(x, `twiddles ${sign}`, [b, a, 2], (i) => {
    const [j, k] = [Math.floor(i / (2 * a)), (i >> 1) % a];
    return unit(((j * k) % n) / n, sign)[i % 2 as 0 | 1];
  });
  // Those of one k, transformed over j; element k + a * l of the result.
  const inner = multiply(columns, twiddles).permute([0, 2, 1, 3])
    .reshape([rows * a, b, 2]);
  return mixed(inner, sign, rest).reshape([rows, a, b, 2])
    .permute([0, 2, 1, 3]).reshape([rows, n, 2]);
}

/** A transform of any length as a convolution with a chirp. */
function bluestein(x: Pairs, sign: number): Pairs {
  const [, n] = x.shape as [number, number];
  let length = 1;
  while (length < 2 * n - 1) length *= 2;
  /** `e^(turn * πi j² / n)`; squares modulo 2n keep their digits. */
  const chirp = (j: number, turn: number) =>
    unit(squareModulo(j, 2 * n) / (2 * n), turn);
  const own = constantLike(
    x,
    `chirp ${sign}`,
    [n, 2],
    (i) => chirp(i >> 1, sign)[i % 2 as 0 | 1],
  );
  const kernel = constantLike(x, `kernel ${n} ${sign}`, [1, length, 2], (i) => {
    const at = i >> 1;
    const j = at < n ? at : length - at;
    return j < n ? chirp(j, -sign)[i % 2 as 0 | 1] : 0;
  });
  const padded = multiply(x, own).pad([0, 0, 0, length - n]);
  const product = multiply(transform(padded, -1), transform(kernel, -1));
  const back = transform(product, 1).narrow(1, 0, n).mul(1 / length);
  return multiply(back, own);
}

/** `j² mod m`, exactly. */
function squareModulo(j: number, m: number): number {
  return j < 2 ** 26 ? (j * j) % m : Number(BigInt(j) * BigInt(j) % BigInt(m));
}
