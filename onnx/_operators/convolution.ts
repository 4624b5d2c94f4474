/**
 * Convolutions of one to three dims, and transposed ones, out of those of two.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { applyWindows } from "@tenfold/core/internal";
import * as functional from "@tenfold/nn/functional";
import type { Call, NodeFacts, Operators } from "../_call.ts";
import { axesOf, type Axis, reach, refusesRank } from "./windows.ts";

/** The extents of a kernel, from its attribute or its weight. */
function kernelOf(call: Call, weight: Tensor): number[] {
  return call.list("kernel_shape") ?? weight.shape.slice(2);
}

/** Elements added around the last dims. */
function padded(x: Tensor, axes: readonly Axis[]): Tensor {
  const amounts = axes.flatMap(({ before, behind }) => [behind, before])
    .reverse();
  return amounts.some((amount) => amount !== 0) ? x.pad(amounts) : x;
}

function even({ before, behind }: Axis): boolean {
  return before === behind && before >= 0;
}

/** A convolution over `[n, c, h, w]`. */
function convolve2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  axes: readonly Axis[],
  groups: number,
): Tensor {
  const inside = axes.every(even);
  const input = inside ? x : padded(x, axes);
  return functional.conv2d(input, weight, bias, {
    stride: [axes[0]!.stride, axes[1]!.stride],
    padding: inside ? [axes[0]!.before, axes[1]!.before] : 0,
    dilation: [axes[0]!.dilation, axes[1]!.dilation],
    groups,
  });
}

/** An axis of one element, which turns one dim into two. */
const FLAT: Axis = {
  kernel: 1,
  stride: 1,
  dilation: 1,
  before: 0,
  behind: 0,
  count: 1,
};

/** The sum over the depth of the kernel of convolutions of two dims. */
function convolve3d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  axes: readonly Axis[],
  groups: number,
): Tensor {
  const [depth, ...plane] = axes as [Axis, Axis, Axis];
  const input = padded(x, [depth, FLAT, FLAT]);
  const [n, c, , h, w] = input.shape as [
    number,
    number,
    number,
    number,
    number,
  ];
  let sum: Tensor | null = null;
  for (let tap = 0; tap < depth.kernel; tap++) {
    const first = tap * depth.dilation;
    const end = first + (depth.count - 1) * depth.stride + 1;
    const slices = input.slice(2, first, end, depth.stride)
      .permute([0, 2, 1, 3, 4]).reshape([n * depth.count, c, h, w]);
    const part = convolve2d(
      slices,
      weight.select(2, tap),
      tap === 0 ? bias : null,
      plane,
      groups,
    );
    sum = sum === null ? part : sum.add(part);
  }
  const [, out, height, width] = sum!.shape as [number, number, number, number];
  return sum!.reshape([n, depth.count, out, height, width])
    .permute([0, 2, 1, 3, 4]);
}

function convolve(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  axes: readonly Axis[],
  groups: number,
): Tensor {
  switch (axes.length) {
    case 1:
      return convolve2d(
        x.unsqueeze(2),
        weight.unsqueeze(2),
        bias,
        [FLAT, axes[0]!],
        groups,
      ).squeeze(2);
    case 2:
      return convolve2d(x, weight, bias, axes, groups);
    default:
      return convolve3d(x, weight, bias, axes, groups);
  }
}

/** How a transposed convolution lies along one dim. */
interface Spread {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Elements cut off at each end of the full result. */
  readonly before: number;
  readonly extent: number;
  /** Extent of the full result. */
  readonly full: number;
}

function spreads(
  call: Call,
  spatial: readonly number[],
  kernel: readonly number[],
): Spread[] {
  const rank = spatial.length;
  const ones = Array<number>(rank).fill(1);
  const strides = call.list("strides") ?? ones;
  const dilations = call.list("dilations") ?? ones;
  const more = call.list("output_padding") ?? ones.map(() => 0);
  const pads = call.list("pads") ?? Array<number>(2 * rank).fill(0);
  const size = call.list("output_shape");
  const auto = call.text("auto_pad", "NOTSET");
  return spatial.map((extent, d) => {
    const [k, stride, dilation] = [kernel[d]!, strides[d]!, dilations[d]!];
    const full = stride * (extent - 1) + reach(k, dilation) + more[d]!;
    let [before, behind] = [pads[d]!, pads[rank + d]!];
    const same = auto === "SAME_UPPER" || auto === "SAME_LOWER";
    if (size !== undefined || same) {
      const due = size === undefined
        ? extent * stride
        : size[size.length - rank + d]!;
      const total = full - due;
      const half = Math.floor(total / 2);
      // Only SAME_UPPER cuts the odd element off at the end.
      [before, behind] = auto === "SAME_UPPER"
        ? [half, total - half]
        : [total - half, half];
      // What is missing is added at the end, as output_padding is.
      if (total < 0) [before, behind] = [0, total];
    } else if (auto === "VALID") [before, behind] = [0, 0];
    return {
      kernel: k,
      stride,
      dilation,
      before,
      extent: full - before - behind,
      full,
    };
  });
}

/** The transposed convolution over `[n, c, h, w]` with nothing cut off. */
function spread2d(
  x: Tensor,
  weight: Tensor,
  [rows, columns]: readonly [Spread, Spread],
  groups: number,
): Tensor {
  const sizes = [rows, columns].map(({ kernel, stride, dilation }, d) =>
    stride * (x.shape[2 + d]! - 1) + reach(kernel, dilation)
  );
  return applyWindows(
    {
      name: "conv2dInput",
      stride: [rows.stride, columns.stride],
      padding: [0, 0],
      dilation: [rows.dilation, columns.dilation],
      groups,
      size: [sizes[0]!, sizes[1]!],
    },
    x,
    weight,
  );
}

/** Cuts the full result to what is asked for, adding zeros where it is short. */
function cut(x: Tensor, all: readonly Spread[]): Tensor {
  const amounts = all.flatMap((spread, d) => {
    const have = x.shape[2 + d]!;
    return [spread.extent + spread.before - have, -spread.before];
  });
  const reversed: number[] = [];
  for (let d = all.length - 1; d >= 0; d--) {
    reversed.push(amounts[2 * d + 1]!, amounts[2 * d]!);
  }
  return reversed.some((amount) => amount !== 0) ? x.pad(reversed) : x;
}

const LINE: Spread = {
  kernel: 1,
  stride: 1,
  dilation: 1,
  before: 0,
  extent: 1,
  full: 1,
};

/** Each tap of the depth, placed into its slices of the result, and added. */
function spread3d(
  x: Tensor,
  weight: Tensor,
  all: readonly [Spread, Spread, Spread],
  groups: number,
): Tensor {
  const [depth, rows, columns] = all;
  const [n, c, d, h, w] = x.shape as [number, number, number, number, number];
  const slices = x.permute([0, 2, 1, 3, 4]).reshape([n * d, c, h, w]);
  const full = depth.stride * (d - 1) + reach(depth.kernel, depth.dilation);
  let sum: Tensor | null = null;
  for (let tap = 0; tap < depth.kernel; tap++) {
    const plane = spread2d(
      slices,
      weight.select(2, tap),
      [rows, columns],
      groups,
    );
    const [, out, height, width] = plane.shape as [
      number,
      number,
      number,
      number,
    ];
    // Zeros between the slices, then around them.
    const apart = plane.reshape([n, d, 1, out * height * width])
      .pad([0, 0, 0, depth.stride - 1])
      .reshape([n, d * depth.stride, out * height * width])
      .narrow(1, 0, (d - 1) * depth.stride + 1);
    const first = tap * depth.dilation;
    const placed = apart.pad([0, 0, first, full - first - apart.shape[1]!])
      .reshape([n, full, out, height, width]);
    sum = sum === null ? placed : sum.add(placed);
  }
  return sum!.permute([0, 2, 1, 3, 4]);
}

function convolveTransposed(call: Call): Tensor {
  const [x, weight] = [call.floats(0), call.floats(1)];
  const groups = call.attribute("group", 1);
  const all = spreads(call, x.shape.slice(2), kernelOf(call, weight));
  let out: Tensor;
  if (all.length === 1) {
    out = spread2d(x.unsqueeze(2), weight.unsqueeze(2), [LINE, all[0]!], groups)
      .squeeze(2);
  } else if (all.length === 2) {
    out = spread2d(x, weight, [all[0]!, all[1]!], groups);
  } else out = spread3d(x, weight, [all[0]!, all[1]!, all[2]!], groups);
  out = cut(out, all);
  const bias = call.optional(2);
  return bias === null
    ? out
    : out.add(bias.reshape([bias.size, ...all.map(() => 1)]));
}

export const refusesWindows = (
  { attributes }: NodeFacts,
): string | undefined => {
  const kernel = attributes.get("kernel_shape");
  return refusesRank(Array.isArray(kernel) ? kernel.length : undefined);
};

/** The convolution of a node, whose attributes it reads. */
export function convolution(
  call: Call,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
): Tensor {
  const axes = axesOf(call, x.shape.slice(2), kernelOf(call, weight));
  return convolve(x, weight, bias, axes, call.attribute("group", 1));
}

/** The operators of this file. */
export const CONVOLUTION: Operators = {
  Conv: {
    refuses: refusesWindows,
    run: (call) =>
      call.like(
        0,
        convolution(call, call.floats(0), call.floats(1), call.optional(2)),
      ),
  },
  ConvTranspose: {
    refuses: refusesWindows,
    run: (call) => call.like(0, convolveTransposed(call)),
  },
};
