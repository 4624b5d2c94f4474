/**
 * Operators that change shapes and pick parts.
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

/** Numbers that are an attribute before a version, an input from it on. */
function argument(
  call: Call,
  name: string,
  at: number,
  inputSince: number,
): number[] | undefined {
  return call.version < inputSince
    ? call.list(name)
    : call.numbers(at) ?? undefined;
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

const concat: Operator = {
  run: (call) => {
    const tensors = call.inputs.map((value) => call.toTensor(value!));
    const axis = call.attribute("axis", 1);
    return call.like(
      0,
      tensors.length === 1 ? tensors[0]! : cat(tensors, axis),
    );
  },
  known: (call, inputs) => {
    const { type, shape } = inputs[0]!;
    const total = inputs.reduce((sum, { numbers }) => sum + numbers.length, 0);
    const axis = axisOf(call.attribute("axis", 1), shape.length);
    if (shape.length !== 1) return null;
    if (axis !== 0 || total > MOST_KNOWN) return null;
    return known(
      type,
      [total],
      inputs.flatMap(({ numbers }) => Array.from(numbers)),
    );
  },
};

/** The sizes of the parts of Split. */
function partSizes(call: Call, extent: number): number[] {
  const given = argument(call, "split", 1, 13);
  if (given !== undefined) return given;
  const count = call.attribute("num_outputs", call.node.outputs.length);
  const size = Math.ceil(extent / count);
  return Array.from(
    { length: count },
    (_, i) => Math.max(0, Math.min(size, extent - i * size)),
  );
}

const split: Operator = {
  numbers: [1],
  run: (call) => {
    const { shape } = call.value(0);
    const axis = axisOf(call.attribute("axis", 0), shape.length);
    return call.tensor(0).split(partSizes(call, shape[axis]!), axis)
      .map((part) => call.like(0, part));
  },
  known: (call, [x]) => {
    if (x!.shape.length !== 1) return null;
    let at = 0;
    return partSizes(call, x!.shape[0]!).map((size) =>
      known(x!.type, [size], x!.numbers.slice(at, at += size))
    );
  },
};

/** A range of a dim as ONNX counts it. */
interface Range {
  readonly axis: number;
  readonly start: number;
  readonly length: number;
  readonly step: number;
}

function ranges(call: Call, shape: Shape): Range[] {
  const starts = argument(call, "starts", 1, 10) ?? [];
  const ends = argument(call, "ends", 2, 10) ?? [];
  const axes = argument(call, "axes", 3, 10) ?? starts.map((_, i) => i);
  const steps = call.version < 10 ? null : call.numbers(4);
  return starts.map((given, i) => {
    const axis = axisOf(axes[i]!, shape.length);
    const extent = shape[axis]!;
    const step = steps?.[i] ?? 1;
    if (step === 0) throw new RangeError("its step is 0");
    const clamp = (at: number, low: number, high: number) =>
      Math.min(Math.max(at < 0 ? at + extent : at, low), high);
    const [start, end] = step > 0
      ? [clamp(given, 0, extent), clamp(ends[i]!, 0, extent)]
      : [clamp(given, 0, extent - 1), clamp(ends[i]!, -1, extent - 1)];
    const length = Math.max(0, Math.ceil((end - start) / step));
    return { axis, start: length === 0 ? 0 : start, length, step };
  });
}

const slice: Operator = {
  numbers: [1, 2, 3, 4],
  run: (call) => {
    let x = call.tensor(0);
    for (const { axis, start, length, step } of ranges(call, x.shape)) {
      if (length === 0) x = x.narrow(axis, 0, 0);
      else if (step > 0) {
        const end = start + (length - 1) * step + 1;
        if (start !== 0 || end !== x.shape[axis] || step !== 1) {
          x = x.slice(axis, start, end, step);
        }
      } else {
        const first = start + (length - 1) * step;
        x = x.slice(axis, first, start + 1, -step).flip(axis);
      }
    }
    return call.like(0, x);
  },
  known: (call, [x]) => {
    const shape = x!.shape.slice();
    const strides = stridesOf(shape);
    const starts = shape.map(() => 0);
    const steps = shape.map(() => 1);
    for (const { axis, start, length, step } of ranges(call, shape)) {
      [starts[axis], shape[axis], steps[axis]] = [start, length, step];
    }
    return pickKnown(x!, shape, (position) =>
      position.reduce(
        (sum, at, d) => sum + (starts[d]! + at * steps[d]!) * strides[d]!,
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

/** The operators of this file. */
export const MOVEMENT: Operators = {
  Reshape: reshaping(reshapedShape),
  Squeeze: reshaping(squeezedShape),
  Unsqueeze: reshaping(unsqueezedShape),
  Flatten: reshaping(flattenedShape, []),
  Transpose: transpose,
  Expand: expand,
  Tile: tile,
  Concat: concat,
  Split: split,
  Slice: slice,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Trilu: triangle,
  ReverseSequence: reverseSequence,
};
