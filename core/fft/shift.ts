/**
 * The frequency 0 in the middle, or at the beginning.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { roll } from "../functions/arrange.ts";
import { checkCount } from "../options.ts";
import {
  checkPlain,
  flag,
  type PlainField,
  type PlainFields,
} from "../plain_options.ts";
import { normalizeDim } from "../shape.ts";
import { checkTensor, type Dims, type Tensor } from "../tensor.ts";

/**
 * Options of {@linkcode fftshift} and {@linkcode ifftshift}.
 *
 * @example Frequencies, which are no pairs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fftfreq, fftshift, type FftShiftOptions } from "@tenfold/core/fft";
 *
 * const options: FftShiftOptions = { pairs: false };
 * const y = fftshift(fftfreq(4, 0.25), options);
 * assertEquals(await y.toArray(), [-2, -1, 0, 1]);
 * ```
 */
export interface FftShiftOptions {
  /** The dims, not counting that of the pairs. @default {all of them} */
  readonly dim?: Dims;
  /** Whether the last dim holds pairs. @default {true} */
  readonly pairs?: boolean;
}

const dims: PlainField = {
  must: "must be a number or an array of them",
  safeParse: (value) => ({
    success: typeof value === "number" || Array.isArray(value),
  }),
};
const OPTIONS: PlainFields = { dim: dims, pairs: flag };

function shifted<D extends DType>(
  name: string,
  x: Tensor<D>,
  options: FftShiftOptions,
  args: number,
  by: (extent: number) => number,
): Tensor<D> {
  checkCount(name, args, 2);
  checkTensor(x, "the spectrum", name);
  checkPlain(OPTIONS, options, name);
  const { dim, pairs = true } = options;
  const ndim = x.ndim - (pairs ? 1 : 0);
  const given = dim === undefined
    ? x.shape.slice(0, Math.max(0, ndim)).map((_, d) => d)
    : typeof dim === "number"
    ? [dim]
    : dim;
  const each = given.map((d) => normalizeDim(d, ndim, name));
  return roll(x, each.map((d) => by(x.shape[d]!)), each);
}

/**
 * Moves the frequency 0 to the middle of each dim.
 *
 * @param x Pairs, `[..., 2]`, or real numbers with `{ pairs: false }`.
 * @param options `dim` and `pairs`.
 * @returns A tensor of the same shape.
 * @example Of four frequencies
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fftshift } from "@tenfold/core/fft";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = fftshift(tensor([0, 1, -2, -1]), { pairs: false });
 * assertEquals(await x.toArray(), [-2, -1, 0, 1]);
 * ```
 */
export function fftshift<D extends DType>(
  x: Tensor<D>,
  options: FftShiftOptions = {},
): Tensor<D> {
  return shifted(
    "fftshift",
    x,
    options,
    arguments.length,
    (n) => Math.floor(n / 2),
  );
}

/**
 * The inverse of {@linkcode fftshift}.
 *
 * @param x Pairs, `[..., 2]`, or real numbers with `{ pairs: false }`.
 * @param options `dim` and `pairs`.
 * @returns A tensor of the same shape.
 * @example Back again
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ifftshift } from "@tenfold/core/fft";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = ifftshift(tensor([-1, 0, 1]), { pairs: false });
 * assertEquals(await x.toArray(), [0, 1, -1]);
 * ```
 */
export function ifftshift<D extends DType>(
  x: Tensor<D>,
  options: FftShiftOptions = {},
): Tensor<D> {
  return shifted(
    "ifftshift",
    x,
    options,
    arguments.length,
    (n) => -Math.floor(n / 2),
  );
}
