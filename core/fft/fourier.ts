/**
 * The transforms: their options, and the dim that they take.
 *
 * @module
 */
import { DTypeError, ShapeError, showShape } from "../errors.ts";
import { type DType, type FloatOf, isFloating } from "../dtype.ts";
import { checkCount } from "../options.ts";
import {
  checkPlain,
  number,
  type PlainFields,
  text,
} from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import { normalizeDim, sizeOf } from "../shape.ts";
import { checkTensor, type Tensor } from "../tensor.ts";
import { transform, transformReal } from "./transform.ts";

/**
 * Which direction of the transform is divided by the length.
 *
 * @example A transform that keeps lengths
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { type FftNorm, rfft } from "@tenfold/core/fft";
 *
 * const norm: FftNorm = "ortho";
 * const y = rfft(tensor([3, 4]), { norm });
 * assertAlmostEquals(await y.norm().item(), 5, 1e-5);
 * ```
 */
export type FftNorm = "backward" | "ortho" | "forward";

/**
 * Options of the transforms.
 *
 * @example A signal filled up to 8 elements
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { type FftOptions, rfft } from "@tenfold/core/fft";
 *
 * const options: FftOptions = { n: 8 };
 * assertEquals(rfft(ones([5]), options).shape, [5, 2]);
 * ```
 */
export interface FftOptions {
  /**
   * Length of the signal: longer ones are trimmed, shorter ones zero-padded.
   *
   * @default {the extent of the dim; of irfft, twice one less than it}
   */
  readonly n?: number;
  /** The dim, not counting that of the pairs. @default {-1} */
  readonly dim?: number;
  /**
   * `"backward"` divides inverse transforms by n, `"forward"` forward ones, and
   * `"ortho"` both by √n.
   *
   * @default {"backward"}
   */
  readonly norm?: FftNorm;
}

const OPTIONS: PlainFields = { n: number, dim: number, norm: text };

/** What a call transforms: the signal with its dim behind the others. */
interface Plan {
  readonly signal: Tensor;
  readonly dim: number;
  readonly n: number;
  readonly scale: number;
}

/** What a transform reads and gives; real numbers and forward by default. */
interface Way {
  /** Whether it reads pairs. */
  readonly pairs?: boolean;
  /** Whether it reads half a spectrum. */
  readonly half?: boolean;
  readonly inverse?: boolean;
}

function planOf(
  name: string,
  x: Tensor,
  options: FftOptions,
  { pairs = false, half = false, inverse = false }: Way,
): Plan {
  checkPlain(OPTIONS, options, name);
  const { dim = -1, norm = "backward" } = options;
  if (norm !== "backward" && norm !== "ortho" && norm !== "forward") {
    throw new RangeError(
      `Cannot ${name} as norm must be "backward", "ortho" or "forward": got "${norm}"`,
    );
  }
  const ndim = pairs ? x.ndim - 1 : x.ndim;
  if (ndim < 1 || pairs && x.shape[x.ndim - 1] !== 2) {
    throw new ShapeError(
      `Cannot ${name} as it takes ${
        pairs
          ? "pairs of real and imaginary parts, [..., n, 2]"
          : "at least 1 dim"
      }: got shape ${showShape(x.shape)}`,
    );
  }
  const at = normalizeDim(dim, ndim, name);
  const extent = x.shape[at]!;
  const { n = half ? 2 * (extent - 1) : extent } = options;
  if (!Number.isInteger(n) || n < 1) {
    throw new RangeError(
      `Cannot ${name} as the length must be a positive integer: got ${n}`,
    );
  }
  const divides = norm === "ortho" || (norm === "forward") !== inverse;
  const scale = !divides ? 1 : norm === "ortho" ? 1 / Math.sqrt(n) : 1 / n;
  const signal = moved(floats(name, x), at, ndim - 1);
  return { signal, dim: at, n, scale };
}

/** A dim moved to another place among the others. */
function moved(x: Tensor, from: number, to: number): Tensor {
  const order = x.shape.map((_, d) => d);
  order.splice(to, 0, ...order.splice(from, 1));
  return x.permute(order);
}

/** Numbers, or pairs of them, cut or filled to a length along the last dim. */
function fitted(x: Tensor, n: number, dim: -1 | -2): Tensor {
  const extent = x.shape.at(dim)!;
  if (extent > n) return x.narrow(dim, 0, n);
  const zeros = [0, n - extent];
  return extent < n ? x.pad(dim === -1 ? zeros : [0, 0, ...zeros]) : x;
}

/** Transforms pairs whose dim stands last, before that of the pairs. */
function along(x: Tensor, sign: number, scale: number): Tensor {
  const n = x.shape[x.ndim - 2]!;
  const rows = sizeOf(x.shape.slice(0, -2));
  return scaled(
    transform(x.reshape([rows, n, 2]), sign).reshape(x.shape),
    scale,
  );
}

const scaled = (x: Tensor, scale: number): Tensor =>
  scale === 1 ? x : x.mul(scale);

/** Real numbers as pairs. */
const asPairs = (x: Tensor): Tensor => x.unsqueeze(-1).pad([0, 1]);

/** Integers become floats. */
function floats(name: string, x: Tensor): Tensor {
  if (x.dtype === "bool") {
    throw new DTypeError(`Cannot ${name} of bool: cast it to floats first`);
  }
  return isFloating(x.dtype) ? x : x.cast("float32");
}

function complex(
  name: string,
  x: Tensor,
  options: FftOptions,
  inverse: boolean,
): Tensor {
  checkTensor(x, "the signal", name);
  return tidyNow(() => {
    const plan = planOf(name, x, options, { pairs: true, inverse });
    const { signal, dim, n, scale } = plan;
    const found = along(fitted(signal, n, -2), inverse ? 1 : -1, scale);
    return moved(found, x.ndim - 2, dim);
  });
}

/**
 * The discrete Fourier transform of complex numbers:
 * `y[k] = sum over j of x[j] e^(-2πi jk / n)`.
 *
 * @param x Pairs, `[..., 2]`; integers become float32.
 * @param options `n`, `dim` and `norm`.
 * @returns Pairs of the same shape, but for the length.
 * @throws {ShapeError} If the last dim does not hold pairs.
 * @throws {RangeError} If the length is not a positive integer, or the norm is
 * unknown.
 * @example Of an impulse
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fft } from "@tenfold/core/fft";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const y = fft(tensor([[1, 0], [0, 0]]));
 * assertEquals(await y.toArray(), [[1, 0], [1, 0]]);
 * ```
 */
export function fft<D extends DType>(
  x: Tensor<D>,
  options: FftOptions = {},
): Tensor<FloatOf<D>> {
  checkCount("fft", arguments.length, 2);
  return complex("fft", x, options, false) as Tensor<FloatOf<D>>;
}

/**
 * The inverse of {@linkcode fft}: `x[j] = sum over k of y[k] e^(2πi jk / n) / n`.
 *
 * @param x Pairs, `[..., 2]`; integers become float32.
 * @param options `n`, `dim` and `norm`.
 * @returns Pairs of the same shape, but for the length.
 * @throws {ShapeError} If the last dim does not hold pairs.
 * @throws {RangeError} If the length is not a positive integer, or the norm is
 * unknown.
 * @example Back to an impulse
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ifft } from "@tenfold/core/fft";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = ifft(tensor([[1, 0], [1, 0]]));
 * assertEquals(await x.toArray(), [[1, 0], [0, 0]]);
 * ```
 */
export function ifft<D extends DType>(
  x: Tensor<D>,
  options: FftOptions = {},
): Tensor<FloatOf<D>> {
  checkCount("ifft", arguments.length, 2);
  return complex("ifft", x, options, true) as Tensor<FloatOf<D>>;
}

/**
 * The transform of real numbers: the first half of {@linkcode fft}, as the
 * other one is its mirror image.
 *
 * @param x Real numbers; integers become float32.
 * @param options `n`, `dim` and `norm`.
 * @returns Pairs, `floor(n / 2) + 1` of them along the dim.
 * @throws {ShapeError} If there is no dim.
 * @throws {RangeError} If the length is not a positive integer, or the norm is
 * unknown.
 * @example Of a constant
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rfft } from "@tenfold/core/fft";
 * import { ones } from "@tenfold/tenfold";
 *
 * assertEquals(await rfft(ones([2])).toArray(), [[2, 0], [0, 0]]);
 * ```
 */
export function rfft<D extends DType>(
  x: Tensor<D>,
  options: FftOptions = {},
): Tensor<FloatOf<D>> {
  checkCount("rfft", arguments.length, 2);
  checkTensor(x, "the signal", "rfft");
  return tidyNow(() => {
    const plan = planOf("rfft", x, options, {});
    const { signal, dim, n, scale } = plan;
    const count = Math.floor(n / 2) + 1;
    const line = fitted(signal, n, -1);
    const lead = line.shape.slice(0, -1);
    const found = transformReal(line.reshape([sizeOf(lead), n]), n, false);
    const pairs = found
      ? scaled(found, scale).reshape([...lead, count, 2])
      : along(asPairs(line), -1, scale).narrow(-2, 0, count);
    return moved(pairs, x.ndim - 1, dim);
  }) as Tensor<FloatOf<D>>;
}

/**
 * The inverse of {@linkcode rfft}: real numbers of which `x` is half of the
 * transform. The imaginary part of the first pair, and of the last one of an
 * even length, does not count.
 *
 * @param x Pairs, `[..., 2]`; integers become float32.
 * @param options `n`, `dim` and `norm`. Odd lengths must be named.
 * @returns n real numbers along the dim.
 * @throws {ShapeError} If the last dim does not hold pairs.
 * @throws {RangeError} If the length is not a positive integer, or the norm is
 * unknown.
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { irfft, rfft } from "@tenfold/core/fft";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, 2]);
 * assertEquals(await irfft(rfft(x), { n: 2 }).toArray(), [1, 2]);
 * ```
 */
export function irfft<D extends DType>(
  x: Tensor<D>,
  options: FftOptions = {},
): Tensor<FloatOf<D>> {
  checkCount("irfft", arguments.length, 2);
  checkTensor(x, "the spectrum", "irfft");
  return tidyNow(() => {
    const plan = planOf("irfft", x, options, {
      pairs: true,
      half: true,
      inverse: true,
    });
    const { signal, dim, n, scale } = plan;
    const half = fitted(signal, Math.floor(n / 2) + 1, -2);
    const lead = half.shape.slice(0, -2);
    const rows = half.reshape([sizeOf(lead), ...half.shape.slice(-2)]);
    const reals = transformReal(rows, n, true);
    if (reals) {
      const signals = scaled(reals, scale).reshape([...lead, n]);
      return moved(signals, x.ndim - 2, dim);
    }
    // The real part of the sum: twice that of the pairs with a mirror image.
    const single = half.narrow(-2, 0, 1);
    const doubled = Math.floor((n - 1) / 2);
    const whole = single.pad([0, 0, 0, n - 1])
      .add(half.narrow(-2, 1, doubled).mul(2).pad([0, 0, 1, n - 1 - doubled]));
    const spectrum = n % 2 === 0
      ? whole.add(half.narrow(-2, n / 2, 1).pad([0, 0, n / 2, n / 2 - 1]))
      : whole;
    const found = along(spectrum, 1, scale).select(-1, 0);
    return moved(found, x.ndim - 2, dim);
  }) as Tensor<FloatOf<D>>;
}
