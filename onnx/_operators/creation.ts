/**
 * Operators that make tensors, or tell their shape.
 *
 * @module
 */
import { full, ones } from "@tenfold/core";
import type { Call, Operators } from "../_call.ts";
import { allocate, dtypeOf, isFloat, Type } from "../_element.ts";
import type { Constant } from "../_tensor_data.ts";
import {
  type Known,
  known,
  MOST_KNOWN,
  ofTensor,
  sizeOf,
  type Value,
} from "../_value.ts";
import { castTensor } from "./unary.ts";

function shapeOf(call: Call): Known {
  const { shape } = call.value(0);
  const clamp = (at: number) =>
    Math.min(Math.max(at < 0 ? at + shape.length : at, 0), shape.length);
  const part = shape.slice(
    clamp(call.attribute("start", 0)),
    clamp(call.attribute("end", shape.length)),
  );
  return known(Type.INT64, [part.length], part);
}

function sizeOfInput(call: Call): Known {
  return known(Type.INT64, [], [sizeOf(call.value(0).shape)]);
}

/** Floats of more elements are made on the device. */
const MOST_FLOATS = 16;

function constantOfShape(call: Call): Value {
  const shape = call.numbers(0)!;
  const value = call.node.attributes.get("value") as Constant | undefined;
  const type = value?.type ?? Type.FLOAT;
  const number = value?.numbers[0] ?? 0;
  const size = sizeOf(shape);
  if (size <= (isFloat(type) ? MOST_FLOATS : MOST_KNOWN)) {
    return known(type, shape, allocate(type, size).fill(number));
  }
  const { device } = call.run;
  const dtype = dtypeOf(type, device.backend.dtypes);
  return ofTensor(full(shape, number, { dtype, device }), type);
}

function range(call: Call): Known {
  const [start, limit, delta] = [0, 1, 2].map((i) => call.number(i)!);
  const { type } = call.value(0);
  const length = Math.max(0, Math.ceil((limit! - start!) / delta!));
  return known(
    type,
    [length],
    Array.from({ length }, (_, i) => start! + i * delta!),
  );
}

function eyeLike(call: Call): Value {
  const value = call.value(0);
  const type = call.attribute("dtype", value.type);
  const [rows, columns] = value.shape as [number, number];
  const { device } = call.run;
  const k = call.attribute("k", 0);
  const line = ones([rows, columns], { device }).triu(k).tril(k);
  return ofTensor(castTensor(line, type), type);
}

/** The operators of this file. */
export const CREATION: Operators = {
  Shape: { run: shapeOf, known: shapeOf, shapesOnly: true },
  Size: { run: sizeOfInput, known: sizeOfInput, shapesOnly: true },
  ConstantOfShape: {
    since: 9,
    numbers: [0],
    run: constantOfShape,
    known: constantOfShape,
  },
  Range: { since: 11, numbers: [0, 1, 2], run: range, known: range },
  EyeLike: { since: 9, run: eyeLike, shapesOnly: true },
};
