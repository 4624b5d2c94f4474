/**
 * Operators that pick and place elements by indices.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { scatter, scatterReduce } from "@tenfold/core/functions";
import type { Call, Operator, Operators } from "../_call.ts";
import { Type } from "../_element.ts";
import { eachPosition, pickKnown, stridesOf } from "../_host.ts";
import {
  axisOf,
  isKnown,
  type Known,
  known,
  MOST_KNOWN,
  ofTensor,
  sizeOf,
  type Value,
} from "../_value.ts";

/** An index that may count from the end. */
function fromStart(index: number, extent: number): number {
  if (index < -extent || index >= extent) {
    throw new RangeError(
      `the index ${index} is outside of an extent of ${extent}`,
    );
  }
  return index < 0 ? index + extent : index;
}

/** The tensor of indices, those that count from the end made to begin at 0. */
function indexTensor(call: Call, value: Value, extent: number): Tensor {
  if (!isKnown(value)) {
    const index = value.tensor!;
    return index.where(index.ge(0), index.add(extent));
  }
  if (value.numbers.every((index) => index >= 0)) return call.toTensor(value);
  return call.toTensor(
    known(
      value.type,
      value.shape,
      value.numbers.map((index) => fromStart(index, extent)),
    ),
  );
}

const gather: Operator = {
  run: (call) => {
    const x = call.tensor(0);
    const axis = axisOf(call.attribute("axis", 0), x.ndim);
    const at = call.value(1);
    const extent = x.shape[axis]!;
    if (isKnown(at) && at.shape.length === 0) {
      return call.like(0, x.select(axis, fromStart(at.numbers[0]!, extent)));
    }
    const index = indexTensor(call, at, extent);
    const picked = x.indexSelect(axis, index.reshape([index.size]));
    return call.like(
      0,
      picked.reshape([
        ...x.shape.slice(0, axis),
        ...at.shape,
        ...x.shape.slice(axis + 1),
      ]),
    );
  },
  known: (call, [x, at]) => {
    const axis = axisOf(call.attribute("axis", 0), x!.shape.length);
    const shape = [
      ...x!.shape.slice(0, axis),
      ...at!.shape,
      ...x!.shape.slice(axis + 1),
    ];
    if (sizeOf(shape) > MOST_KNOWN) return null;
    const [strides, indexStrides] = [stridesOf(x!.shape), stridesOf(at!.shape)];
    const rank = at!.shape.length;
    return pickKnown(x!, shape, (position) => {
      const where = indexStrides.reduce(
        (sum, stride, d) => sum + position[axis + d]! * stride,
        0,
      );
      let offset = fromStart(at!.numbers[where]!, x!.shape[axis]!) *
        strides[axis]!;
      x!.shape.forEach((_, d) => {
        if (d !== axis) {
          offset += position[d < axis ? d : d + rank - 1]! * strides[d]!;
        }
      });
      return offset;
    });
  },
};

const gatherElements: Operator = {
  since: 11,
  run: (call) => {
    const x = call.tensor(0);
    const axis = axisOf(call.attribute("axis", 0), x.ndim);
    const index = indexTensor(call, call.value(1), x.shape[axis]!);
    return call.like(0, x.gather(axis, index));
  },
};

/**
 * Positions in the first dims of a shape, `[..., depth]`, as offsets in units
 * of what lies behind them.
 */
function offsetsOf(
  call: Call,
  value: Value,
  shape: readonly number[],
): Value {
  const depth = value.shape[value.shape.length - 1]!;
  const strides = stridesOf(shape.slice(0, depth));
  const outShape = value.shape.slice(0, -1);
  if (isKnown(value)) {
    const out = new Float64Array(sizeOf(outShape));
    for (let i = 0; i < out.length; i++) {
      for (let d = 0; d < depth; d++) {
        out[i]! += fromStart(value.numbers[i * depth + d]!, shape[d]!) *
          strides[d]!;
      }
    }
    return known(Type.INT64, outShape, out);
  }
  let sum: Tensor | null = null;
  for (let d = 0; d < depth; d++) {
    const index = value.tensor!.select(-1, d);
    const part = index.where(index.ge(0), index.add(shape[d]!))
      .mul(strides[d]!);
    sum = sum === null ? part : sum.add(part);
  }
  return ofTensor(sum ?? call.toTensor(value).sum(-1), Type.INT64);
}

const gatherND: Operator = {
  since: 11,
  run: (call) => {
    const x = call.tensor(0);
    const at = call.value(1);
    const batch = call.attribute("batch_dims", 0);
    const depth = at.shape[at.shape.length - 1]!;
    const inner = x.shape.slice(batch);
    const offsets = call.toTensor(offsetsOf(call, at, inner));
    const batches = sizeOf(x.shape.slice(0, batch));
    const places = sizeOf(inner.slice(0, depth));
    const rest = inner.slice(depth);
    let index = offsets.reshape([batches, offsets.size / batches]);
    if (batches > 1) {
      const begin = known(
        Type.INT64,
        [batches, 1],
        Array.from({ length: batches }, (_, b) => b * places),
      );
      index = index.add(call.toTensor(begin));
    }
    const picked = x.reshape([batches * places, sizeOf(rest)])
      .indexSelect(0, index.reshape([index.size]));
    return call.like(0, picked.reshape([...at.shape.slice(0, -1), ...rest]));
  },
};

/** What becomes of an element that is there where another is placed. */
type Reduction = "none" | "add" | "mul" | "max" | "min";

/** What PyTorch calls the reductions. */
const REDUCTIONS = {
  add: "sum",
  mul: "prod",
  max: "amax",
  min: "amin",
} as const;

/** Elements of `src` placed into a copy of `x` along a dim. */
function scattered(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduction: Reduction,
): Tensor {
  if (reduction === "none") return scatter(x, dim, index, src);
  const wide = x.dtype === "bool" ? x.cast("int32") : x;
  const values = src.dtype === "bool" ? src.cast("int32") : src;
  return scatterReduce(wide, dim, index, values, REDUCTIONS[reduction])
    .cast(x.dtype);
}

const scatterElements: Operator = {
  run: (call) => {
    const x = call.tensor(0);
    const axis = axisOf(call.attribute("axis", 0), x.ndim);
    const index = indexTensor(call, call.value(1), x.shape[axis]!);
    const reduction = call.text("reduction", "none") as Reduction;
    return call.like(0, scattered(x, axis, index, call.tensor(2), reduction));
  },
};

const scatterND: Operator = {
  since: 11,
  run: (call) => {
    const x = call.tensor(0);
    const at = call.value(1);
    const depth = at.shape[at.shape.length - 1]!;
    const [places, rest] = [
      sizeOf(x.shape.slice(0, depth)),
      sizeOf(x.shape.slice(depth)),
    ];
    const offsets = call.toTensor(offsetsOf(call, at, x.shape));
    const index = offsets.reshape([offsets.size, 1])
      .expand([offsets.size, rest]);
    const src = call.tensor(2).reshape([offsets.size, rest]);
    const reduction = call.text("reduction", "none") as Reduction;
    const out = scattered(x.reshape([places, rest]), 0, index, src, reduction);
    return call.like(0, out.reshape(x.shape));
  },
  known: (call, [x, at, updates]) => {
    if (call.text("reduction", "none") !== "none") return null;
    const offsets = offsetsOf(call, at!, x!.shape) as Known;
    const rest = sizeOf(x!.shape.slice(at!.shape[at!.shape.length - 1]!));
    const out = x!.numbers.slice();
    offsets.numbers.forEach((offset, i) => {
      for (let j = 0; j < rest; j++) {
        out[offset * rest + j] = updates!.numbers[i * rest + j]!;
      }
    });
    return known(x!.type, x!.shape, out);
  },
};

const oneHot: Operator = {
  since: 9,
  numbers: [1],
  run: (call) => {
    // Floats count as the integers that they are cut to.
    const index = call.tensor(0).trunc();
    const depth = Math.trunc(call.number(1)!);
    const rank = index.ndim + 1;
    const axis = axisOf(call.attribute("axis", -1), rank);
    const classes = known(
      Type.INT64,
      Array.from({ length: rank }, (_, d) => d === axis ? depth : 1),
      Array.from({ length: depth }, (_, i) => i),
    );
    const at = index.where(index.ge(0), index.add(depth)).unsqueeze(axis);
    const hit = at.eq(call.toTensor(classes));
    const { type } = call.value(2);
    const values = call.tensor(2);
    return ofTensor(values.select(0, 1).where(hit, values.select(0, 0)), type);
  },
};

/** The positions of what is not 0; their number depends on the values. */
const nonZero: Operator = {
  since: 9,
  numbers: [0],
  run: (call) => {
    const { shape } = call.value(0);
    return positionsOf(shape, call.numbers(0)!);
  },
  known: (_, [x]) => positionsOf(x!.shape, x!.numbers),
};

function positionsOf(
  shape: readonly number[],
  numbers: ArrayLike<number>,
): Known {
  const found: number[][] = [];
  eachPosition(shape, (position, at) => {
    if (numbers[at] !== 0) found.push(position.slice());
  });
  const rows = shape.flatMap((_, d) => found.map((position) => position[d]!));
  return known(Type.INT64, [shape.length, found.length], rows);
}

const topK: Operator = {
  numbers: [1],
  run: (call) => {
    const x = call.tensor(0);
    const k = call.version < 10 ? call.attribute("k", 1) : call.number(1)!;
    const axis = axisOf(call.attribute("axis", -1), x.ndim);
    const largest = call.attribute("largest", 1) === 1;
    const { values, indices } = x.topk(k, axis, { largest });
    return [call.like(0, values), ofTensor(indices, Type.INT64)];
  },
};

/** Rows of an axis for which a condition holds. */
const compress: Operator = {
  since: 9,
  numbers: [1],
  run: (call) => {
    const given = call.attribute("axis");
    const whole = call.tensor(0);
    const x = given === undefined ? whole.reshape([whole.size]) : whole;
    const axis = axisOf(given ?? 0, x.ndim);
    const rows = call.numbers(1)!.flatMap((holds, i) => holds !== 0 ? [i] : []);
    const index = call.toTensor(known(Type.INT64, [rows.length], rows));
    return call.like(0, x.indexSelect(axis, index));
  },
};

/** The operators of this file. */
export const INDEXING: Operators = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  Scatter: { ...scatterElements, since: 9, until: 11 },
  ScatterElements: { ...scatterElements, since: 11 },
  ScatterND: scatterND,
  OneHot: oneHot,
  NonZero: nonZero,
  TopK: topK,
  Compress: compress,
};
