/**
 * Means of windows in any number of dims.
 *
 * @module
 */
import { ShapeError, type Tensor } from "@tenfold/core";
import { UPLOAD_LIKE } from "@tenfold/core/internal";
import { constantsLike } from "./_constants.ts";
import { type AnySize, sizesOf } from "./_sizes.ts";

/** How the means of windows are taken. */
export interface AverageOptions {
  readonly kernelSize: AnySize;
  readonly stride?: AnySize;
  readonly padding?: AnySize;
  readonly ceilMode?: boolean;
  readonly countIncludePad?: boolean;
  readonly divisorOverride?: number;
}

/** How windows lie along one dim: their number, and the elements of each. */
interface Windows {
  readonly count: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  /** The extent that all windows together cover. */
  readonly reach: number;
  /** Elements of each window that are divided by. */
  readonly sizes: readonly number[];
}

function windowsOf(
  name: string,
  extent: number,
  [kernel, stride, padding]: readonly [number, number, number],
  { ceilMode = false, countIncludePad = true }: AverageOptions,
): Windows {
  const span = extent + 2 * padding - kernel;
  let count = (ceilMode ? Math.ceil : Math.floor)(span / stride) + 1;
  // The last window must begin inside the input or its left padding.
  if (ceilMode && (count - 1) * stride >= extent + padding) count--;
  if (count < 1 || padding * 2 > kernel) {
    throw new ShapeError(
      `Cannot apply ${name} to an extent of ${extent} padded by ${padding} in windows of ${kernel}: ${
        count < 1
          ? "no window fits"
          : "the padding may be at most half of the window"
      }`,
    );
  }
  const sizes = Array.from({ length: count }, (_, i) => {
    const start = i * stride - padding;
    const end = Math.min(start + kernel, extent + padding);
    return countIncludePad
      ? end - start
      : Math.min(end, extent) - Math.max(start, 0);
  });
  const reach = (count - 1) * stride + kernel;
  return { count, kernel, stride, padding, reach, sizes };
}

/** Every product of one size of each dim, in C order. */
export function productsOf(sizes: readonly (readonly number[])[]): number[] {
  return sizes.reduce<number[]>(
    (all, own) => all.flatMap((a) => own.map((b) => a * b)),
    [1],
  );
}

/** The means of windows of the last `dims` dims of `[n, channels, ...]`. */
export function averages(
  x: Tensor,
  dims: number,
  options: AverageOptions,
  name: string,
): Tensor {
  const { kernelSize, stride = kernelSize, padding = 0 } = options;
  const [kernels, strides, paddings] = [kernelSize, stride, padding]
    .map((size) => sizesOf(size, dims));
  const windows = Array.from(
    { length: dims },
    (_, d) =>
      windowsOf(
        name,
        x.shape[2 + d]!,
        [kernels![d]!, strides![d]!, paddings![d]!],
        options,
      ),
  );
  const amounts = windows.flatMap(({ padding, reach }, d) => [
    [padding, reach - x.shape[2 + d]! - padding],
  ]).toReversed().flat();
  const covered = amounts.some((amount) => amount !== 0) ? x.pad(amounts) : x;
  const sums = windows.reduce(
    (y, { kernel, stride }, d) => y.unfold(2 + d, kernel, stride),
    covered,
  ).sum(windows.map((_, d) => 2 + dims + d));
  if (options.divisorOverride !== undefined) {
    return sums.div(options.divisorOverride);
  }
  const even = windows.every(({ sizes }) =>
    sizes.every((size) => size === sizes[0])
  );
  if (even) {
    return sums.div(windows.reduce((all, { sizes }) => all * sizes[0]!, 1));
  }
  const divisors = productsOf(windows.map(({ sizes }) => sizes));
  const counts = windows.map(({ count }) => count);
  return sums.div(constantsLike(x, divisors, counts));
}

/** Where a window begins, and the number of its elements. */
export interface Span {
  readonly start: number;
  readonly size: number;
}

/** The windows that cover an extent, as many as asked for. */
export function adaptiveWindows(count: number, extent: number): Span[] {
  return Array.from({ length: count }, (_, i) => {
    const start = Math.floor(i * extent / count);
    return { start, size: Math.ceil((i + 1) * extent / count) - start };
  });
}

/**
 * The sum of each window along a dim. Elements are picked rather than weighted
 * by 0, so that an infinite one stays in its windows.
 */
export function windowSums(
  x: Tensor,
  dim: number,
  windows: readonly Span[],
): Tensor {
  const extent = x.shape[dim]!;
  if (windows.length === extent) return x;
  const most = Math.max(...windows.map(({ size }) => size));
  const index = windows.flatMap(({ start }) =>
    Array.from({ length: most }, (_, k) => Math.min(start + k, extent - 1))
  );
  const at = x[UPLOAD_LIKE](Int32Array.from(index), [index.length], "int32");
  const [before, behind] = [x.shape.slice(0, dim), x.shape.slice(dim + 1)];
  const picked = x.indexSelect(dim, at)
    .reshape([...before, windows.length, most, ...behind]);
  const inside = windows.flatMap(({ size }) =>
    Array.from({ length: most }, (_, k) => k < size ? 1 : 0)
  );
  if (!inside.includes(0)) return picked.sum(dim + 1);
  const mask = x[UPLOAD_LIKE](
    Uint8Array.from(inside),
    [windows.length, most, ...behind.map(() => 1)],
    "bool",
  );
  return picked.where(mask, 0).sum(dim + 1);
}

/** The mean of each of the windows that cover `[n, channels, ...]`. */
export function adaptiveAverages(
  x: Tensor,
  size: readonly number[],
  name: string,
): Tensor {
  const dims = size.length;
  const extents = x.shape.slice(2);
  if (extents.includes(0)) {
    throw new ShapeError(
      `Cannot apply ${name} to an input of ${
        extents.join("x")
      } as its windows would be empty`,
    );
  }
  const spatial = size.map((_, d) => 2 + d);
  if (size.every((count) => count === 1)) {
    return x.mean(spatial, { keepDim: true });
  }
  if (size.every((count, d) => extents[d]! % count === 0)) {
    const kernelSize = size.map((count, d) => extents[d]! / count);
    return averages(x, dims, { kernelSize }, name);
  }
  const windows = size.map((count, d) => adaptiveWindows(count, extents[d]!));
  const sums = windows.reduce((y, spans, d) => windowSums(y, 2 + d, spans), x);
  const counts = productsOf(
    windows.map((spans) => spans.map(({ size }) => size)),
  );
  return sums.div(constantsLike(sums, counts, size));
}
