/**
 * Changes of size by interpolation: each element of the result is a weighted
 * sum of a few of the input, dim by dim.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import type { Call, NodeFacts, Operators } from "../_call.ts";
import { Type } from "../_element.ts";
import { axisOf, known, type Value } from "../_value.ts";

/** How a dim is resized. */
interface Line {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  /** The part of the dim that is cropped and resized. */
  readonly region: readonly [number, number];
}

/** Where and how much of the input each element of the result takes. */
interface Taps {
  /** For each tap the index for each element. */
  readonly index: readonly number[][];
  readonly weight: readonly number[][];
  /** Elements that lie outside and take the value for that. */
  readonly outside: readonly boolean[];
}

interface Options {
  readonly mode: string;
  readonly coordinates: string;
  readonly nearest: string;
  readonly cubic: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
}

/**
 * The place in the input of an element of the result; in float32, as which
 * scales are stored and other runtimes compute: 1.5 / 0.6 is then 2.5.
 */
function placeOf(at: number, line: Line, coordinates: string): number {
  const { from, to, region } = line;
  const scale = Math.fround(line.scale);
  const centre = Math.fround(Math.fround((at + 0.5) / scale) - 0.5);
  switch (coordinates) {
    case "asymmetric":
      return Math.fround(at / scale);
    case "align_corners":
      return to === 1 ? 0 : at * (from - 1) / (to - 1);
    case "pytorch_half_pixel":
      return to > 1 ? centre : 0;
    case "half_pixel_symmetric": {
      // The whole length may differ from a scaled one by a fraction.
      const adjusted = to / (scale * from);
      return from / 2 * (1 - adjusted) + centre;
    }
    case "tf_half_pixel_for_nn":
      return (at + 0.5) / scale;
    case "tf_crop_and_resize": {
      const [start, end] = region;
      return to > 1
        ? start * (from - 1) + at * (end - start) * (from - 1) / (to - 1)
        : 0.5 * (start + end) * (from - 1);
    }
    default:
      return centre;
  }
}

function nearestOf(place: number, rule: string): number {
  switch (rule) {
    case "floor":
      return Math.floor(place);
    case "ceil":
      return Math.ceil(place);
    case "round_prefer_ceil":
      return Math.floor(place + 0.5);
    default:
      return Math.ceil(place - 0.5);
  }
}

/** The weight of an element at a distance, for linear interpolation. */
function linearWeight(distance: number): number {
  return Math.max(0, 1 - Math.abs(distance));
}

/** The same for cubic interpolation (Keys, 1981). */
function cubicWeight(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

/** The taps of each element of the result along a dim. */
function tapsOf(line: Line, options: Options): Taps {
  const { from, to, scale } = line;
  const { mode, cubic } = options;
  const index: number[][] = [];
  const weight: number[][] = [];
  const outside: boolean[] = [];
  const support = mode === "cubic" ? 2 : 1;
  // Antialiasing widens the filter by as much as the input shrinks.
  const shrink = options.antialias && scale < 1 ? scale : 1;
  const radius = support / shrink;
  for (let at = 0; at < to; at++) {
    const place = placeOf(at, line, options.coordinates);
    outside.push(place < 0 || place > from - 1);
    if (mode === "nearest") {
      const near = nearestOf(place, options.nearest);
      index.push([Math.min(Math.max(near, 0), from - 1)]);
      weight.push([1]);
      continue;
    }
    const indices: number[] = [];
    let weights: number[] = [];
    const first = shrink === 1
      ? Math.floor(place) - support + 1
      : Math.ceil(place - radius);
    const count = shrink === 1
      ? 2 * support
      : Math.floor(place + radius) - first + 1;
    for (let i = first; i < first + count; i++) {
      const distance = (i - place) * shrink;
      const share = mode === "cubic"
        ? cubicWeight(distance, cubic)
        : linearWeight(distance);
      const beyond = i < 0 || i > from - 1;
      indices.push(Math.min(Math.max(i, 0), from - 1));
      weights.push(beyond && options.excludeOutside ? 0 : share);
    }
    if (options.excludeOutside || shrink !== 1) {
      const total = weights.reduce((a, b) => a + b, 0);
      weights = weights.map((share) => share / total);
    }
    index.push(indices);
    weight.push(weights);
  }
  return { index, weight, outside };
}

/** Whether taps repeat each element as often as the others, in order. */
function repeatsOf(taps: Taps, from: number): number | null {
  const times = taps.index.length / from;
  if (!Number.isInteger(times)) return null;
  return taps.index.every(([i], at) => i === Math.floor(at / times))
    ? times
    : null;
}

function along(call: Call, x: Tensor, line: Line, options: Options): Tensor {
  const taps = tapsOf(line, options);
  const { axis, from, to } = line;
  if (options.mode === "nearest") {
    const times = repeatsOf(taps, from);
    if (times !== null) return repeatElements(x, axis, times);
    const index = taps.index.map(([i]) => i!);
    return x.indexSelect(
      axis,
      call.toTensor(known(Type.INT64, [to], index)),
    );
  }
  // A product with a matrix that holds the weights.
  const matrix = new Float64Array(from * to);
  taps.index.forEach((indices, at) =>
    indices.forEach((i, tap) => {
      matrix[i * to + at]! += taps.weight[at]![tap]!;
    })
  );
  const type = x.dtype === "float64" ? Type.DOUBLE : Type.FLOAT;
  const weights = call.toTensor(known(type, [from, to], matrix));
  return axis === x.ndim - 1
    ? x.matmul(weights)
    : x.transpose(axis, -1).matmul(weights).transpose(axis, -1);
}

function repeatElements(x: Tensor, axis: number, times: number): Tensor {
  if (times === 1) return x;
  const shape = x.shape.slice();
  const wide = [...shape.slice(0, axis + 1), times, ...shape.slice(axis + 1)];
  shape[axis]! *= times;
  return x.unsqueeze(axis + 1).expand(wide).reshape(shape);
}

/** Scales and sizes of the dims that change. */
function linesOf(call: Call, shape: readonly number[]): Line[] {
  const rank = shape.length;
  const given = call.node.opType === "Upsample";
  const old = given || call.version < 11;
  const scales = given && call.version < 9
    ? call.list("scales")
    : call.numbers(old ? 1 : 2);
  const sizes = old ? null : call.numbers(3);
  const roi = old ? null : call.numbers(1);
  const axes = call.list("axes")?.map((axis) => axisOf(axis, rank)) ??
    shape.map((_, d) => d);
  const bySize = sizes !== null && sizes.length > 0;
  if (!bySize && (scales == null || scales.length !== axes.length)) {
    throw new TypeError(
      `it needs ${axes.length} scales or sizes: got ${scales?.length ?? 0}`,
    );
  }
  const ratios = axes.map((axis, i) =>
    bySize ? sizes[i]! / shape[axis]! : scales![i]!
  );
  const policy = call.text("keep_aspect_ratio_policy", "stretch");
  const common = policy === "not_larger"
    ? Math.min(...ratios)
    : policy === "not_smaller"
    ? Math.max(...ratios)
    : null;
  return axes.map((axis, i) => {
    const from = shape[axis]!;
    const region: [number, number] = roi && roi.length >= 2 * axes.length
      ? [roi[i]!, roi[axes.length + i]!]
      : [0, 1];
    const cropped = call.text("coordinate_transformation_mode", "") ===
        "tf_crop_and_resize"
      ? region[1] - region[0]
      : 1;
    if (bySize && common !== null) {
      return {
        axis,
        from,
        to: Math.floor(from * common + 0.5),
        scale: common,
        region,
      };
    }
    const scale = ratios[i]!;
    const to = bySize ? sizes[i]! : Math.floor(from * cropped * scale);
    return { axis, from, to, scale, region };
  });
}

function optionsOf(call: Call): Options {
  const old = call.node.opType === "Upsample" || call.version < 11;
  return {
    mode: call.text("mode", "nearest"),
    coordinates: old
      ? "asymmetric"
      : call.text("coordinate_transformation_mode", "half_pixel"),
    nearest: old ? "floor" : call.text("nearest_mode", "round_prefer_floor"),
    cubic: call.attribute("cubic_coeff_a", -0.75),
    excludeOutside: call.attribute("exclude_outside", 0) === 1,
    antialias: call.attribute("antialias", 0) === 1,
  };
}

function resize(call: Call): Value {
  const x = call.tensor(0);
  const options = optionsOf(call);
  const lines = linesOf(call, x.shape);
  const crops = options.coordinates === "tf_crop_and_resize";
  const floats = options.mode === "nearest" || x.dtype !== "int32"
    ? x
    : x.cast("float32");
  let out = floats;
  for (const line of lines) {
    if (line.from === line.to && line.scale === 1 && !crops) continue;
    out = along(call, out, line, options);
    if (crops) out = filledOutside(call, out, line, options);
  }
  return call.like(0, out === floats ? x : out.cast(x.dtype));
}

/** What lies outside of the input takes a value of its own. */
function filledOutside(
  call: Call,
  x: Tensor,
  line: Line,
  options: Options,
): Tensor {
  const { outside } = tapsOf(line, options);
  if (!outside.includes(true)) return x;
  const shape = x.shape.map((_, d) => d === line.axis ? line.to : 1);
  const inside = known(Type.BOOL, shape, outside.map((o) => o ? 0 : 1));
  return x.where(
    call.toTensor(inside),
    call.attribute("extrapolation_value", 0),
  );
}

const MODES = ["nearest", "linear", "cubic"];

const refuses = ({ attributes }: NodeFacts): string | undefined => {
  const mode = attributes.get("mode") ?? "nearest";
  return MODES.includes(String(mode)) ? undefined : `its mode is ${mode}`;
};

/** The operators of this file. */
export const RESIZE: Operators = {
  Resize: { run: resize, numbers: [1, 2, 3], since: 10, refuses },
  Upsample: { run: resize, numbers: [1], until: 10, refuses },
};
