/**
 * Pools of one to three dims.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { applyWindows } from "@tenfold/core/internal";
import type { Call, NodeFacts, Operators } from "../_call.ts";
import { Type } from "../_element.ts";
import { known, ofTensor, type Value } from "../_value.ts";
import { axesOf, type Axis, reach, refusesRank } from "./windows.ts";

/** Elements in front of and behind an axis, so that all windows fit exactly. */
function fitted(x: Tensor, dim: number, axis: Axis, value: number): Tensor {
  const { kernel, stride, dilation, before, count } = axis;
  const due = (count - 1) * stride + reach(kernel, dilation);
  const behind = due - x.shape[dim]! - before;
  if (before === 0 && behind === 0) return x;
  const lead = Array<number>(2 * (x.ndim - 1 - dim)).fill(0);
  return x.pad([...lead, before, behind], { value });
}

/** The windows of a dim as a new last dim. */
function windows(x: Tensor, dim: number, axis: Axis, value: number): Tensor {
  const { kernel, stride, dilation } = axis;
  const all = fitted(x, dim, axis, value)
    .unfold(dim, reach(kernel, dilation), stride);
  return dilation === 1 ? all : all.slice(-1, null, null, dilation);
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

/** The largest of each window of `[n, c, h, w]`. */
function largest2d(x: Tensor, rows: Axis, columns: Axis): Tensor {
  // Other padding than the primitive's own is added beforehand.
  const own = isOwn(x.shape[2]!, rows) && isOwn(x.shape[3]!, columns);
  const input = own
    ? x
    : fitted(fitted(x, 2, rows, -Infinity), 3, columns, -Infinity);
  return applyWindows({
    name: "maxPool2d",
    size: [rows.kernel, columns.kernel],
    stride: [rows.stride, columns.stride],
    padding: own ? [rows.before, columns.before] : [0, 0],
    dilation: [rows.dilation, columns.dilation],
    ceil: false,
  }, input);
}

/** The largest of each window: of planes first, then over the depth. */
function largest(x: Tensor, axes: readonly Axis[]): Tensor {
  if (axes.length === 1) {
    return largest2d(x.unsqueeze(2), FLAT, axes[0]!).squeeze(2);
  }
  if (axes.length === 2) return largest2d(x, axes[0]!, axes[1]!);
  const [n, c, d, h, w] = x.shape as [number, number, number, number, number];
  const [depth, rows, columns] = axes as [Axis, Axis, Axis];
  const planes = largest2d(x.reshape([n, c * d, h, w]), rows, columns);
  const plane = rows.count * columns.count;
  return largest2d(planes.reshape([n, c, d, plane]), depth, {
    ...FLAT,
    count: plane,
  }).reshape([n, c, depth.count, rows.count, columns.count]);
}

/** Whether the primitive of two dims counts the same windows by itself. */
function isOwn(extent: number, axis: Axis): boolean {
  const { kernel, stride, dilation, before, behind, count } = axis;
  const room = extent + before + behind - reach(kernel, dilation);
  return before === behind && before >= 0 && before * 2 <= kernel &&
    Math.floor(room / stride) + 1 === count;
}

/** The largest of each window and its position in the whole input. */
function largestWithPlace(call: Call, x: Tensor, axes: Axis[]): Value[] {
  const spatial = x.shape.slice(2);
  const columns = call.attribute("storage_order", 0) === 1;
  let all = x;
  axes.forEach((axis, d) => {
    // Each unfolded dim goes behind: the ones not yet unfolded keep theirs.
    all = windows(all, 2 + d, axis, -Infinity);
  });
  const taps = axes.reduce((size, { kernel }) => size * kernel, 1);
  const rows = all.reshape([...all.shape.slice(0, 2 + axes.length), taps]);
  const best = rows.argmax(-1);
  const values = rows.max(-1);
  // The position is that of the window plus that of the tap within it.
  let place: Tensor | null = null;
  let rest = best;
  for (let d = axes.length - 1; d >= 0; d--) {
    const { kernel, stride, dilation, before, count } = axes[d]!;
    const tap = rest.remainder(kernel);
    rest = rest.sub(tap).div(kernel).round().cast("int32");
    const shape = [count, ...axes.slice(d + 1).map(() => 1)];
    const start = known(
      Type.INT64,
      shape,
      Array.from({ length: count }, (_, i) => i * stride - before),
    );
    const unit = (columns ? spatial.slice(0, d) : spatial.slice(d + 1))
      .reduce((size, extent) => size * extent, 1);
    const along = tap.mul(dilation).add(call.toTensor(start)).mul(unit);
    place = place === null ? along : place.add(along);
  }
  const plane = spatial.reduce((size, extent) => size * extent, 1);
  const [n, c] = x.shape as [number, number];
  const begin = known(
    Type.INT64,
    [n, c, ...axes.map(() => 1)],
    Array.from({ length: n * c }, (_, i) => i * plane),
  );
  return [
    call.like(0, values),
    ofTensor(place!.add(call.toTensor(begin)), Type.INT64),
  ];
}

function kernelOf(call: Call): number[] {
  const kernel = call.list("kernel_shape");
  if (kernel === undefined) {
    throw new TypeError("its attribute kernel_shape is missing");
  }
  return kernel;
}

function maxPool(call: Call): Value | Value[] {
  const x = call.tensor(0);
  const ceil = call.attribute("ceil_mode", 0) === 1;
  const spatial = x.shape.slice(2);
  const axes = axesOf(call, spatial, kernelOf(call), ceil);
  const wide = x.dtype === "int32" ? x.cast("float32") : x;
  if (call.wants(1)) return largestWithPlace(call, wide, axes);
  return call.like(0, largest(wide, axes).cast(x.dtype));
}

/** How many elements of the input (or its padding) each window has. */
function counts(extent: number, axis: Axis, padding: boolean): number[] {
  return Array.from({ length: axis.count }, (_, i) => {
    let count = 0;
    for (let tap = 0; tap < axis.kernel; tap++) {
      const at = i * axis.stride + tap * axis.dilation - axis.before;
      const [low, high] = padding
        ? [-axis.before, extent + axis.behind]
        : [0, extent];
      if (at >= low && at < high) count++;
    }
    return count;
  });
}

/** The sums of all windows. */
function windowSums(x: Tensor, axes: readonly Axis[]): Tensor {
  let all = x;
  axes.forEach((axis, d) => {
    all = windows(all, 2 + d, axis, 0);
  });
  return all.sum(axes.map((_, d) => x.ndim + d));
}

function averagePool(call: Call): Tensor {
  const x = call.floats(0);
  const spatial = x.shape.slice(2);
  const ceil = call.attribute("ceil_mode", 0) === 1;
  const axes = axesOf(call, spatial, kernelOf(call), ceil);
  const padding = call.attribute("count_include_pad", 0) === 1;
  const along = axes.map((axis, d) => counts(spatial[d]!, axis, padding));
  const whole = axes.every((axis, d) =>
    axis.count === 1 && axis.kernel === spatial[d] && axis.before === 0
  );
  const dims = axes.map((_, d) => 2 + d);
  if (whole) return x.mean(dims, { keepDim: true });
  const sums = windowSums(x, axes);
  if (along.every((list) => list.every((count) => count === list[0]))) {
    return sums.div(along.reduce((size, list) => size * list[0]!, 1));
  }
  const sizes = along.reduce<number[]>(
    (all, list) => all.flatMap((a) => list.map((b) => a * b)),
    [1],
  );
  const divisors = known(Type.FLOAT, axes.map(({ count }) => count), sizes);
  return sums.div(call.toTensor(divisors));
}

function lpPool(call: Call): Tensor {
  const x = call.floats(0);
  const ceil = call.attribute("ceil_mode", 0) === 1;
  const axes = axesOf(call, x.shape.slice(2), kernelOf(call), ceil);
  const p = call.attribute("p", 2);
  return windowSums(x.abs().pow(p), axes).pow(1 / p);
}

function spatialDims(x: Tensor): number[] {
  return x.shape.slice(2).map((_, d) => 2 + d);
}

const refuses = ({ attributes }: NodeFacts): string | undefined => {
  const kernel = attributes.get("kernel_shape");
  return refusesRank(Array.isArray(kernel) ? kernel.length : undefined);
};

/** The operators of this file. */
export const POOLING: Operators = {
  MaxPool: { run: maxPool, refuses },
  AveragePool: { run: (call) => call.like(0, averagePool(call)), refuses },
  LpPool: { run: (call) => call.like(0, lpPool(call)), refuses },
  GlobalMaxPool: {
    run: (call) => {
      const x = call.tensor(0);
      return call.like(0, x.max(spatialDims(x), { keepDim: true }));
    },
  },
  GlobalAveragePool: {
    run: (call) => {
      const x = call.floats(0);
      return call.like(0, x.mean(spatialDims(x), { keepDim: true }));
    },
  },
  GlobalLpPool: {
    run: (call) => {
      const x = call.floats(0);
      const p = call.attribute("p", 2);
      const sum = x.abs().pow(p).sum(spatialDims(x), { keepDim: true });
      return call.like(0, sum.pow(1 / p));
    },
  },
};
