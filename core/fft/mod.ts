/**
 * Discrete Fourier transforms of any length, on every backend, with gradients
 * to any order.
 *
 * There are no complex numbers among the dtypes: a complex tensor is a real one
 * whose last dim holds pairs, `[..., 2]`, the real part first, as
 * `torch.view_as_real` shows them. `dim` counts the dims without that of the
 * pairs.
 *
 * @example The frequency of a wave
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rfft } from "@tenfold/core/fft";
 * import { arange } from "@tenfold/tenfold";
 *
 * const wave = arange(16, { dtype: "float32" }).mul(2 * Math.PI * 3 / 16).cos();
 * const power = rfft(wave).square().sum(-1);
 * assertEquals(await power.argmax(0).item(), 3);
 * ```
 *
 * @module
 */
export {
  fft,
  type FftNorm,
  type FftOptions,
  ifft,
  irfft,
  rfft,
} from "./fourier.ts";
export { fftfreq, type FftFreqOptions, rfftfreq } from "./frequencies.ts";
export { fftshift, type FftShiftOptions, ifftshift } from "./shift.ts";
export { fft2, type Fft2Options, ifft2, irfft2, rfft2 } from "./two_dims.ts";
