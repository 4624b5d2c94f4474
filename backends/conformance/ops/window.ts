/**
 * What convolutions and pooling share.
 *
 * @module
 */
import type { Shape } from "@tenfold/core";
import type { WindowParams } from "@tenfold/core/backend";

/** The input row under tap `k` of window `i`, which may lie outside. */
export const tap = (
  op: WindowParams,
  axis: 0 | 1,
  i: number,
  k: number,
): number => i * op.stride[axis] + k * op.dilation[axis] - op.padding[axis];

export const inside = (h: number, w: number, shape: Shape): boolean =>
  h >= 0 && w >= 0 && h < shape[shape.length - 2]! &&
  w < shape[shape.length - 1]!;

/** Height and width of something. */
export type Pair = readonly [number, number];

/** The numbers of windows for gradients. */
export const WINDOW: WindowParams = {
  stride: [1, 2],
  padding: [1, 0],
  dilation: [1, 1],
};
