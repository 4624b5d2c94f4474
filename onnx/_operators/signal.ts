/**
 * Operators for sound: Fourier transforms, windows, and the bands of the mel
 * scale.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { fft, ifft, irfft, rfft } from "@tenfold/core/fft";
import type { Call, Operator, Operators } from "../_call.ts";
import { Type } from "../_element.ts";
import { axisOf, type Known, known, type Value } from "../_value.ts";

/** Which way a transform goes, and whether it leaves out what is conjugate. */
interface Way {
  readonly inverse: boolean;
  readonly onesided: boolean;
}

/**
 * The transform along a dim of what ends with a dim of 1 or 2 parts, which ends
 * with a dim of 2 parts, or of 1 where it is real.
 */
function transform(
  x: Tensor,
  dim: number,
  n: number,
  { inverse, onesided }: Way,
): Tensor {
  const options = { n, dim };
  const isReal = x.shape[x.ndim - 1] === 1;
  if (isReal && onesided && !inverse) return rfft(x.select(-1, 0), options);
  const pairs = isReal ? x.pad([0, 1]) : x;
  if (!inverse) {
    const all = fft(pairs, options);
    return onesided ? all.narrow(dim, 0, (n >> 1) + 1) : all;
  }
  return onesided ? irfft(pairs, options).unsqueeze(-1) : ifft(pairs, options);
}

function dft(call: Call): Value {
  const x = call.floats(0);
  // The last dim holds the parts of complex numbers.
  const axis = axisOf(
    call.version < 20 ? call.attribute("axis", 1) : call.number(2) ?? -2,
    x.ndim,
  );
  const inverse = call.attribute("inverse", 0) === 1;
  const onesided = call.attribute("onesided", 0) === 1;
  const extent = x.shape[axis]!;
  const length = call.number(1) ??
    (inverse && onesided ? 2 * (extent - 1) : extent);
  return call.like(0, transform(x, axis, length, { inverse, onesided }));
}

/** The transforms of windows of a signal, one beside another. */
function stft(call: Call): Value {
  const signal = call.floats(0);
  const window = call.optional(2);
  const step = call.number(1)!;
  const length = call.number(3) ?? window?.shape[0];
  if (length === undefined) {
    throw new TypeError("it has neither a window nor a frame_length");
  }
  const onesided = call.attribute("onesided", 1) === 1;
  // [batch, frames, parts, length], as the windows come last.
  const frames = signal.unfold(1, length, step);
  const weighted = window === null ? frames : frames.mul(window);
  const out = transform(weighted.transpose(2, 3), 2, length, {
    inverse: false,
    onesided,
  });
  return call.like(0, out);
}

/** Sums of cosines with these factors, one of each multiple of the period. */
function window(factors: readonly number[]): Operator {
  const run = (call: Call): Known => {
    const size = call.number(0)!;
    const type = call.attribute("output_datatype", Type.FLOAT);
    const period = call.attribute("periodic", 1) === 1 ? size : size - 1;
    const values = Array.from(
      { length: size },
      (_, i) =>
        factors.reduce(
          (sum, factor, k) =>
            sum + factor * Math.cos(2 * Math.PI * k * i / Math.max(1, period)),
          0,
        ),
    );
    return known(type, [size], values);
  };
  return { since: 17, numbers: [0], run, known: run };
}

const toMel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
const toHertz = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);

/** Triangles of the same width on the mel scale, one a column. */
function melWeights(call: Call): Known {
  const [bands, length, rate, low, high] = [0, 1, 2, 3, 4]
    .map((i) => call.number(i)!) as [number, number, number, number, number];
  const rows = Math.floor(length / 2) + 1;
  const width = (toMel(high) - toMel(low)) / (bands + 2);
  const edges = Array.from(
    { length: bands + 2 },
    (_, i) => Math.floor((length + 1) * toHertz(i * width + toMel(low)) / rate),
  );
  const out = new Array<number>(rows * bands).fill(0);
  for (let band = 0; band < bands; band++) {
    const [left, top, right] = edges.slice(band) as [number, number, number];
    for (let row = left; row < top; row++) {
      out[row * bands + band] = (row - left) / (top - left);
    }
    out[top * bands + band] = 1;
    for (let row = top + 1; row < right; row++) {
      out[row * bands + band] = (right - row) / (right - top);
    }
  }
  return known(
    call.attribute("output_datatype", Type.FLOAT),
    [rows, bands],
    out,
  );
}

/** The operators of this file. */
export const SIGNAL: Operators = {
  DFT: { since: 17, numbers: [1, 2], run: dft },
  STFT: { since: 17, numbers: [1, 3], run: stft },
  HannWindow: window([0.5, -0.5]),
  HammingWindow: window([25 / 46, -21 / 46]),
  BlackmanWindow: window([0.42, -0.5, 0.08]),
  MelWeightMatrix: {
    since: 17,
    numbers: [0, 1, 2, 3, 4],
    run: melWeights,
    known: melWeights,
  },
};
