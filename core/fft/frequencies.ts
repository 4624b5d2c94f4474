/**
 * The frequencies of the elements of a spectrum.
 *
 * @module
 */
import { tensor, type TensorOptions } from "../creation.ts";
import type { FloatDType } from "../dtype.ts";
import { showValue } from "../option_messages.ts";
import { checkCount, checkNumber } from "../options.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Options of {@linkcode fftfreq} and {@linkcode rfftfreq}.
 *
 * @example Frequencies in double precision
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fftfreq, type FftFreqOptions } from "@tenfold/core/fft";
 *
 * const options: FftFreqOptions = { dtype: "float64" };
 * assertEquals(fftfreq(8, 1, options).dtype, "float64");
 * ```
 */
export type FftFreqOptions = TensorOptions<FloatDType>;

function frequencies(
  name: string,
  n: number,
  d: number,
  options: FftFreqOptions,
  given: number,
  at: (n: number) => number[],
): Tensor<FloatDType> {
  checkCount(name, given, 3);
  const operation = `compute ${name}`;
  if (!Number.isInteger(n) || n < 1) {
    throw new RangeError(
      `Cannot ${operation} as the length must be a positive integer: got ${
        showValue(n)
      }`,
    );
  }
  checkNumber(d, "the spacing", operation);
  if (d === 0) {
    throw new RangeError(`Cannot ${operation} as the spacing must not be 0`);
  }
  const dtype = options?.dtype ?? "float32";
  return tensor(at(n).map((k) => k / (n * d)), { ...options, dtype });
}

/**
 * The frequencies of the elements of {@linkcode fft}, in cycles per unit of the
 * spacing: the frequency 0, the positive ones, then the negative ones.
 *
 * @param n Length of the signal.
 * @param d Spacing of the samples. @default {1}
 * @param options `dtype`, `device` and `requiresGrad`.
 * @returns A tensor of shape `[n]`.
 * @throws {RangeError} If `n` is not a positive integer, or `d` is 0.
 *
 * @example Four samples in a second
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fftfreq } from "@tenfold/core/fft";
 *
 * assertEquals(await fftfreq(4, 0.25).toArray(), [0, 1, -2, -1]);
 * ```
 */
export function fftfreq(
  n: number,
  d: number = 1,
  options: FftFreqOptions = {},
): Tensor<FloatDType> {
  return frequencies(
    "fftfreq",
    n,
    d,
    options,
    arguments.length,
    (n) => Array.from({ length: n }, (_, i) => 2 * i < n ? i : i - n),
  );
}

/**
 * The frequencies of the elements of {@linkcode rfft}, in cycles per unit of the
 * spacing, from 0 on.
 *
 * @param n Length of the signal.
 * @param d Spacing of the samples. @default {1}
 * @param options `dtype`, `device` and `requiresGrad`.
 * @returns A tensor of shape `[floor(n / 2) + 1]`.
 * @throws {RangeError} If `n` is not a positive integer, or `d` is 0.
 *
 * @example Four samples in a second
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rfftfreq } from "@tenfold/core/fft";
 *
 * assertEquals(await rfftfreq(4, 0.25).toArray(), [0, 1, 2]);
 * ```
 */
export function rfftfreq(
  n: number,
  d: number = 1,
  options: FftFreqOptions = {},
): Tensor<FloatDType> {
  return frequencies(
    "rfftfreq",
    n,
    d,
    options,
    arguments.length,
    (n) => Array.from({ length: Math.floor(n / 2) + 1 }, (_, i) => i),
  );
}
