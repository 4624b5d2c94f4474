/**
 * Windows along a dim, and the sums of windows that overlap.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { APPLY } from "@tenfold/core/internal";

/**
 * Windows of `taps` elements along a dim as a new last dim: `step` from one to
 * the next, their elements `dilation` apart.
 */
export function windowsAlong(
  x: Tensor,
  dim: number,
  taps: number,
  step: number,
  dilation: number,
): Tensor {
  const windows = x.unfold(dim, dilation * (taps - 1) + 1, step);
  return dilation === 1
    ? windows
    : windows.slice(-1, 0, windows.shape[windows.ndim - 1]!, dilation);
}

/**
 * The transpose of {@linkcode windowsAlong}: each element is the sum of the
 * taps of windows that lie there. The windows lie along `dim`, their taps along
 * `tapDim`, which comes behind it and goes.
 */
export function overlapAdd(
  windows: Tensor,
  dim: number,
  tapDim: number,
  step: number,
  dilation: number,
): Tensor {
  const [length, taps] = [windows.shape[dim]!, windows.shape[tapDim]!];
  const shape = windows.shape.filter((_, d) => d !== tapDim);
  shape[dim] = length === 0
    ? 0
    : (length - 1) * step + dilation * (taps - 1) + 1;
  const parts = Array.from(
    { length: taps },
    (_, tap) => windows.select(tapDim, tap),
  );
  const [first, ...rest] = parts;
  return first![APPLY]({
    name: "placeSum",
    shape,
    places: parts.map((_, tap) => [
      { name: "slice", dim, start: tap * dilation, length, step },
    ]),
  }, ...rest);
}

/** Elements `start` to `start + length` of a dim, zeros where there are none. */
export function windowOf(
  x: Tensor,
  dim: number,
  start: number,
  length: number,
): Tensor {
  const extent = x.shape[dim]!;
  const missing = Math.max(0, start + length - extent);
  const inside = x.narrow(dim, start, length - missing);
  if (missing === 0) return inside;
  const amounts = new Array<number>(2 * (x.ndim - dim)).fill(0);
  amounts[amounts.length - 1] = missing;
  return inside.pad(amounts);
}
