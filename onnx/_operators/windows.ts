/**
 * How windows of convolutions and pools lie along each dim.
 *
 * @module
 */
import type { Call } from "../_call.ts";

/** The numbers of one dim. */
export interface Axis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Elements added before and behind. */
  readonly before: number;
  readonly behind: number;
  /** How many windows there are. */
  readonly count: number;
}

/** The extent that a window covers. */
export function reach(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

/**
 * The windows along each spatial dim.
 *
 * @param spatial The extents of the input.
 * @param kernel The extents of the kernel.
 * @param ceil Whether a last window may reach over the end.
 */
export function axesOf(
  call: Call,
  spatial: readonly number[],
  kernel: readonly number[],
  ceil = false,
): Axis[] {
  const rank = spatial.length;
  const ones = Array<number>(rank).fill(1);
  const strides = call.list("strides") ?? ones;
  const dilations = call.list("dilations") ?? ones;
  const pads = call.list("pads") ?? Array<number>(2 * rank).fill(0);
  const auto = call.text("auto_pad", "NOTSET");
  return spatial.map((extent, d) => {
    const [k, stride, dilation] = [kernel[d]!, strides[d]!, dilations[d]!];
    const span = reach(k, dilation);
    let [before, behind] = [pads[d]!, pads[rank + d]!];
    if (auto === "VALID") [before, behind] = [0, 0];
    else if (auto === "SAME_UPPER" || auto === "SAME_LOWER") {
      const count = Math.ceil(extent / stride);
      const total = Math.max(0, (count - 1) * stride + span - extent);
      const half = Math.floor(total / 2);
      [before, behind] = auto === "SAME_UPPER"
        ? [half, total - half]
        : [total - half, half];
      return { kernel: k, stride, dilation, before, behind, count };
    }
    const room = extent + before + behind - span;
    let count = (ceil ? Math.ceil : Math.floor)(room / stride) + 1;
    // The last window begins inside the input or its padding in front.
    if (ceil && (count - 1) * stride >= extent + before) count--;
    if (count < 1 || room < 0 && !ceil) {
      throw new RangeError(
        `the window of ${span} does not fit into an extent of ${extent} padded by ${before} and ${behind}`,
      );
    }
    return { kernel: k, stride, dilation, before, behind, count };
  });
}

/** What of the attributes of a window is not an amount of 1 to 3 dims. */
export function refusesRank(rank: number | undefined): string | undefined {
  return rank !== undefined && (rank < 1 || rank > 3)
    ? `its windows have ${rank} dims, and 1 to 3 are supported`
    : undefined;
}
