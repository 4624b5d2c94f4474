/**
 * What convolutions and pooling share: the numbers of their windows.
 *
 * @module
 */
import type { Shape } from "../shape.ts";

/**
 * The numbers of a 2-D convolution or pooling, `[height, width]` each.
 *
 * @example Every second element
 * ```ts
 * import type { WindowParams } from "@tenfold/core/backend";
 *
 * const params: WindowParams = {
 *   stride: [2, 2],
 *   padding: [0, 0],
 *   dilation: [1, 1],
 * };
 * ```
 */
export interface WindowParams {
  /** Elements from one window to the next. */
  readonly stride: readonly [number, number];
  /** Elements added at each end of the input. */
  readonly padding: readonly [number, number];
  /** Elements from one tap of a window to the next. */
  readonly dilation: readonly [number, number];
}

/** How many windows fit along one axis. */
export function windowCount(
  op: WindowParams,
  axis: 0 | 1,
  extent: number,
  kernel: number,
  ceil = false,
): number {
  const { stride, padding, dilation } = op;
  const span = extent + 2 * padding[axis] - dilation[axis] * (kernel - 1) - 1;
  if (!ceil) return Math.floor(span / stride[axis]) + 1;
  const count = Math.ceil(span / stride[axis]) + 1;
  // The last window must begin inside the input or its left padding.
  return (count - 1) * stride[axis] >= extent + padding[axis]
    ? count - 1
    : count;
}

/** Height and width. */
export const planeOf = (shape: Shape): [number, number] => [
  shape[shape.length - 2]!,
  shape[shape.length - 1]!,
];
