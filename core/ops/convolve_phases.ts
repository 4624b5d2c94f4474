/**
 * The rows of an input that the same taps of a kernel meet: with a stride, the
 * gradient of a convolution by its input is a convolution for each of them.
 *
 * @module
 */
import type { WindowParams } from "./window.ts";

/**
 * Every `stride`-th row of an input, which the same taps of the kernel meet.
 * Rows of the gradient are counted from the first one on the canvas.
 */
export interface Phase {
  /** The first of its rows, and how many they are. */
  readonly first: number;
  readonly rows: number;
  /** The last tap that meets them, and how many do. */
  readonly last: number;
  readonly taps: number;
  /** The row of the gradient that the last tap brings to the first row. */
  readonly start: number;
}

/** The phases along an axis, and the canvas of gradient rows they walk over. */
export interface Phases {
  readonly all: readonly Phase[];
  /** Taps from one that meets a phase to the next. */
  readonly tapStep: number;
  /** Rows of the gradient from one of these taps to the one before. */
  readonly rowStep: number;
  /** Where the gradient begins on the canvas, and the rows of the canvas. */
  readonly place: number;
  readonly length: number;
}

/**
 * Input row `y` takes tap `i` of gradient row `(y + padding - i * dilation) /
 * stride`, where that is whole: which taps these are depends on `y` modulo the
 * stride.
 */
export function phasesOf(
  op: WindowParams,
  axis: 0 | 1,
  extent: number,
  kernel: number,
  rows: number,
): Phases {
  const stride = op.stride[axis];
  const dilation = op.dilation[axis];
  const common = greatestDivisor(stride, dilation);
  const tapStep = stride / common;
  const rowStep = dilation / common;
  const all: Phase[] = [];
  let place = 0;
  let end = rows;
  for (let first = 0; first < Math.min(stride, extent); first++) {
    const shift = first + op.padding[axis];
    let tap = 0;
    while (tap < tapStep && (shift - tap * dilation) % stride !== 0) tap++;
    const taps = tap === tapStep
      ? 0
      : Math.max(0, Math.ceil((kernel - tap) / tapStep));
    const count = Math.ceil((extent - first) / stride);
    const top = (shift - tap * dilation) / stride;
    const start = top - rowStep * (taps - 1);
    const last = tap + tapStep * (taps - 1);
    all.push({ first, rows: count, last, taps, start });
    if (taps === 0) continue;
    place = Math.max(place, -start);
    end = Math.max(end, top + count);
  }
  return { all, tapStep, rowStep, place, length: place + end };
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** Whether no tap meets the rows of a phase. */
export function meetsNone({ taps }: Phase): boolean {
  return taps === 0;
}
