/**
 * Operators that change shapes.
 *
 * @module
 */
import { cat, type Tensor } from "@tenfold/core";
import type { Call, Operator, Operators } from "../_call.ts";
import { pickKnown, stridesOf } from "../_host.ts";
import {
  axisOf,
  broadcast,
  type Known,
  known,
  MOST_KNOWN,
  sizeOf,
} from "../_value.ts";
import { argument } from "./parts.ts";

type Shape = readonly number[];

/** An operator that keeps the elements and their order. */
function reshaping(
  shapeOf: (call: Call, shape: Shape) => number[],
  numbers: readonly number[] = [1],
  since = 1,
): Operator {
  return {
    since,
    numbers,
    run: (call) => {
      const shape = shapeOf(call, call.value(0).shape);
      return call.like(0, call.tensor(0).reshape(shape));
    },
    known: (call, [x]) => known(x!.type, shapeOf(call, x!.shape), x!.numbers),
  };
}

function reshapedShape(call: Call, shape: Shape): number[] {
  const asked = argument(call, "shape", 1, 5) ?? [];
  const zero = call.attribute("allowzero", 0) === 1;
  const out = asked.map((extent, d) =>
    extent === 0 && !zero ? shape[d] ?? 0 : extent
  );
  const open = out.indexOf(-1);
  const size = sizeOf(shape);
  if (open >= 0) {
    const rest = sizeOf(out.filter((_, d) => d !== open));
    out[open] = rest === 0 ? 0 : size / rest;
  }
  if (sizeOf(out) !== size || out.some((extent) => !Number.isInteger(extent))) {
    throw new RangeError(
      `the shape [${shape.join(", ")}] does not fit into [${asked.join(", ")}]`,
    );
  }
  return out;
}

function squeezedShape(call: Call, shape: Shape): number[] {
  const axes = argument(call, "axes", 1, 13)
    ?.map((axis) => axisOf(axis, shape.length));
  if (axes === undefined) return shape.filter((extent) => extent !== 1);
  for (const axis of axes) {
    if (shape[axis] !== 1) {
      throw new RangeError(`dim ${axis} of [${shape.join(", ")}] is not 1`);
    }
  }
  return shape.filter((_, d) => !axes.includes(d));
}

function unsqueezedShape(call: Call, shape: Shape): number[] {
  const given = argument(call, "axes", 1, 13) ?? [];
  const rank = shape.length + given.length;
  const axes = given.map((axis) => axisOf(axis, rank));
  const rest = shape.slice();
  return Array.from(
    { length: rank },
    (_, d) => axes.includes(d) ? 1 : rest.shift()!,
  );
}

function flattenedShape(call: Call, shape: Shape): number[] {
  const axis = call.attribute("axis", 1);
  const at = axis < 0 ? axis + shape.length : axis;
  return [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))];
}

function permutation(call: Call, rank: number): number[] {
  return call.list("perm") ??
    Array.from({ length: rank }, (_, d) => rank - 1 - d);
}

const transpose: Operator = {
  run: (call) =>
    call.like(
      0,
      call.tensor(0).permute(permutation(call, call.value(0).shape.length)),
    ),
  known: (call, [x]) => {
    const perm = permutation(call, x!.shape.length);
    const strides = stridesOf(x!.shape);
    return pickKnown(
      x!,
      perm.map((d) => x!.shape[d]!),
      (position) =>
        perm.reduce((sum, d, i) => sum + position[i]! * strides[d]!, 0),
    );
  },
};

const expand: Operator = {
  since: 8,
  numbers: [1],
  run: (call) => {
    const shape = broadcast(call.value(0).shape, call.numbers(1)!);
    return call.like(0, call.tensor(0).expand(shape));
  },
  known: (call, [x]) => {
    const shape = broadcast(x!.shape, call.numbers(1)!);
    return sizeOf(shape) > MOST_KNOWN ? null : spread(x!, shape);
  },
};

/** A known value expanded to a shape. */
function spread(x: Known, shape: Shape): Known {
  const strides = stridesOf(x.shape);
  const lead = shape.length - x.shape.length;
  return pickKnown(x, shape, (position) =>
    x.shape.reduce(
      (sum, extent, d) =>
        sum + (extent === 1 ? 0 : position[lead + d]! * strides[d]!),
      0,
    ));
}

function repeats(call: Call, rank: number): number[] {
  if (call.version >= 6) return call.numbers(1)!;
  const counts = Array<number>(rank).fill(1);
  counts[call.number(2)!] = call.number(1)!;
  return counts;
}

const tile: Operator = {
  numbers: [1, 2],
  run: (call) => {
    const x = call.tensor(0);
    return call.like(0, x.repeat(repeats(call, x.ndim)));
  },
  known: (call, [x]) => {
    const counts = repeats(call, x!.shape.length);
    const shape = x!.shape.map((extent, d) => extent * counts[d]!);
    if (sizeOf(shape) > MOST_KNOWN) return null;
    const strides = stridesOf(x!.shape);
    return pickKnown(x!, shape, (position) =>
      x!.shape.reduce(
        (sum, extent, d) => sum + position[d]! % extent * strides[d]!,
        0,
      ));
  },
};

const depthToSpace: Operator = {
  run: (call) => {
    const x = call.tensor(0);
    const [n, c, h, w] = x.shape as [number, number, number, number];
    const b = call.attribute("blocksize", 1);
    const depth = c / (b * b);
    const out = call.text("mode", "DCR") === "CRD"
      ? x.reshape([n, depth, b, b, h, w]).permute([0, 1, 4, 2, 5, 3])
      : x.reshape([n, b, b, depth, h, w]).permute([0, 3, 4, 1, 5, 2]);
    return call.like(0, out.reshape([n, depth, h * b, w * b]));
  },
};

const spaceToDepth: Operator = {
  run: (call) => {
    const x = call.tensor(0);
    const [n, c, h, w] = x.shape as [number, number, number, number];
    const b = call.attribute("blocksize", 1);
    const out = x.reshape([n, c, h / b, b, w / b, b])
      .permute([0, 3, 5, 1, 2, 4]);
    return call.like(0, out.reshape([n, c * b * b, h / b, w / b]));
  },
};

const triangle: Operator = {
  since: 14,
  numbers: [1],
  run: (call) => {
    const x = call.tensor(0);
    const k = call.number(1) ?? 0;
    return call.like(
      0,
      call.attribute("upper", 1) === 1 ? x.triu(k) : x.tril(k),
    );
  },
};

/** Elements along an axis reversed in the first `lengths[b]` of each batch. */
const reverseSequence: Operator = {
  since: 10,
  numbers: [1],
  run: (call) => {
    const x = call.tensor(0);
    const time = call.attribute("time_axis", 0);
    const batch = call.attribute("batch_axis", 1);
    return call.like(0, reverseEach(x, time, batch, call.numbers(1)!));
  },
};

/** The first steps of each sample reversed, as many as its length says. */
export function reverseEach(
  x: Tensor,
  time: number,
  batch: number,
  lengths: readonly number[],
): Tensor {
  const samples = lengths.map((length, b) => {
    const sample = x.narrow(batch, b, 1);
    const rest = sample.shape[time]! - length;
    const turned = sample.narrow(time, 0, length).flip(time);
    return rest === 0
      ? turned
      : cat([turned, sample.narrow(time, length, rest)], time);
  });
  return samples.length === 1 ? samples[0]! : cat(samples, batch);
}

/** The middle of a larger dim, and zeros around a smaller one. */
const centerCropPad: Operator = {
  since: 18,
  numbers: [1],
  run: (call) => {
    let x = call.tensor(0);
    const asked = call.numbers(1)!;
    const axes = call.list("axes") ?? asked.map((_, i) => i);
    axes.forEach((given, i) => {
      const axis = axisOf(given, x.ndim);
      const more = asked[i]! - x.shape[axis]!;
      if (more === 0) return;
      if (more < 0) {
        x = x.narrow(axis, Math.floor(-more / 2), asked[i]!);
        return;
      }
      const before = Math.floor(more / 2);
      const lead = Array<number>(2 * (x.ndim - 1 - axis)).fill(0);
      x = x.pad([...lead, before, more - before]);
    });
    return call.like(0, x);
  },
};

/** The operators of this file. */
export const MOVEMENT: Operators = {
  Reshape: reshaping(reshapedShape),
  Squeeze: reshaping(squeezedShape),
  Unsqueeze: reshaping(unsqueezedShape),
  Flatten: reshaping(flattenedShape, []),
  Transpose: transpose,
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  CenterCropPad: centerCropPad,
  Trilu: triangle,
  ReverseSequence: reverseSequence,
};
