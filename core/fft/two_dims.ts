/**
 * Transforms over two dims, one after the other.
 *
 * @module
 */
import { ShapeError } from "../errors.ts";
import type { DType, FloatOf } from "../dtype.ts";
import { checkCount, showValue } from "../options.ts";
import { checkPlain, list, type PlainFields, text } from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import { normalizeDim } from "../shape.ts";
import { checkTensor, type Tensor } from "../tensor.ts";
import { fft, type FftNorm, ifft, irfft, rfft } from "./fourier.ts";

/**
 * Options of transforms over two dims.
 *
 * @example Images filled up to 8 by 8
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { type Fft2Options, rfft2 } from "@tenfold/core/fft";
 *
 * const options: Fft2Options = { s: [8, 8] };
 * assertEquals(rfft2(ones([5, 6]), options).shape, [8, 5, 2]);
 * ```
 */
export interface Fft2Options {
  /**
   * Both lengths: longer signals are trimmed, shorter ones zero-padded.
   *
   * @default {the extents of the dims; of irfft2, twice one less than the last}
   */
  readonly s?: readonly [number, number];
  /** The dims, not counting that of the pairs. @default {[-2, -1]} */
  readonly dim?: readonly [number, number];
  /** Normalisation along each dim, as for one dim. @default {"backward"} */
  readonly norm?: FftNorm;
}

const OPTIONS: PlainFields = { s: list, dim: list, norm: text };

/** A transform along one dim. */
type Line = typeof fft | typeof ifft | typeof rfft | typeof irfft;

/** Transforms the last of two dims and the first; to reals, the first before. */
function both<T extends Tensor>(
  name: string,
  x: Tensor,
  options: Fft2Options,
  args: number,
  last: Line,
  first: Line,
): T {
  checkCount(name, args, 2);
  checkTensor(x, "the signal", name);
  checkPlain(OPTIONS, options, name);
  const { s, dim = [-2, -1], norm = "backward" } = options;
  const pairs = last !== rfft;
  const ndim = x.ndim - (pairs ? 1 : 0);
  for (const [what, given] of [["dim", dim], ["s", s ?? dim]] as const) {
    if (Array.isArray(given) && given.length === 2) continue;
    throw new TypeError(
      `Cannot ${name} as ${what} must be two numbers: got ${showValue(given)}`,
    );
  }
  if (ndim < 2) {
    throw new ShapeError(
      `Cannot ${name} as it takes at least 2 dims${
        pairs ? " before that of the pairs" : ""
      }: got ${Math.max(ndim, 0)}`,
    );
  }
  const dims = dim.map((d) => normalizeDim(d, ndim, name));
  if (dims[0] === dims[1]) {
    throw new ShapeError(
      `Cannot ${name} as both dims must differ: got ${showValue(dim)}`,
    );
  }
  const one = (transform: Line, x: Tensor, at: 0 | 1): Tensor =>
    transform(x, { dim: dims[at]!, norm, ...s && { n: s[at] } });
  return tidyNow(() =>
    last === irfft
      ? one(last, one(first, x, 0), 1)
      : one(first, one(last, x, 1), 0)
  ) as T;
}

/**
 * The discrete Fourier transform over two dims.
 *
 * @param x Pairs, `[..., 2]`; integers become float32.
 * @param options `s`, `dim` and `norm`.
 * @returns Pairs of the same shape, but for the lengths.
 * @throws {ShapeError} If there are not two dims before that of the pairs.
 * @throws {RangeError} If a length is not a positive integer, or the norm is
 * unknown.
 * @example Of an impulse
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fft2 } from "@tenfold/core/fft";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const y = fft2(tensor([[[1, 0], [0, 0]]]));
 * assertEquals(await y.toArray(), [[[1, 0], [1, 0]]]);
 * ```
 */
export function fft2<D extends DType>(
  x: Tensor<D>,
  options: Fft2Options = {},
): Tensor<FloatOf<D>> {
  return both("fft2", x, options, arguments.length, fft, fft);
}

/**
 * The inverse of {@linkcode fft2}.
 *
 * @param x Pairs, `[..., 2]`; integers become float32.
 * @param options `s`, `dim` and `norm`.
 * @returns Pairs of the same shape, but for the lengths.
 * @throws {ShapeError} If there are not two dims before that of the pairs.
 * @throws {RangeError} If a length is not a positive integer, or the norm is
 * unknown.
 * @example Back to an impulse
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ifft2 } from "@tenfold/core/fft";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = ifft2(tensor([[[1, 0], [1, 0]]]));
 * assertEquals(await x.toArray(), [[[1, 0], [0, 0]]]);
 * ```
 */
export function ifft2<D extends DType>(
  x: Tensor<D>,
  options: Fft2Options = {},
): Tensor<FloatOf<D>> {
  return both("ifft2", x, options, arguments.length, ifft, ifft);
}

/**
 * The transform of real numbers over two dims: the first half of the last one.
 *
 * @param x Real numbers; integers become float32.
 * @param options `s`, `dim` and `norm`.
 * @returns Pairs, `floor(n / 2) + 1` of them along the last of both dims.
 * @throws {ShapeError} If there are not two dims.
 * @throws {RangeError} If a length is not a positive integer, or the norm is
 * unknown.
 * @example Of a constant
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rfft2 } from "@tenfold/core/fft";
 * import { ones } from "@tenfold/tenfold";
 *
 * const y = rfft2(ones([1, 2]));
 * assertEquals(await y.toArray(), [[[2, 0], [0, 0]]]);
 * ```
 */
export function rfft2<D extends DType>(
  x: Tensor<D>,
  options: Fft2Options = {},
): Tensor<FloatOf<D>> {
  return both("rfft2", x, options, arguments.length, rfft, fft);
}

/**
 * The inverse of {@linkcode rfft2}: real numbers of which `x` is half of the
 * transform.
 *
 * @param x Pairs, `[..., 2]`; integers become float32.
 * @param options `s`, `dim` and `norm`. An odd last length must be named.
 * @returns Real numbers.
 * @throws {ShapeError} If there are not two dims before that of the pairs.
 * @throws {RangeError} If a length is not a positive integer, or the norm is
 * unknown.
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { irfft2, rfft2 } from "@tenfold/core/fft";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = irfft2(rfft2(tensor([[1, 2]])));
 * assertEquals(await x.toArray(), [[1, 2]]);
 * ```
 */
export function irfft2<D extends DType>(
  x: Tensor<D>,
  options: Fft2Options = {},
): Tensor<FloatOf<D>> {
  return both("irfft2", x, options, arguments.length, irfft, ifft);
}
