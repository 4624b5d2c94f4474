/**
 * Operators that make tensors, or tell their shape.
 *
 * @module
 */
import { bernoulli, full, ones, rand, randn, type Tensor } from "@tenfold/core";
import type { Call, Operator, Operators } from "../_call.ts";
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

/** Random numbers in a shape, drawn from the seed of `manualSeed`. */
function random(
  draw: (call: Call, shape: readonly number[]) => Tensor,
  like: boolean,
): Operator {
  return {
    random: true,
    shapesOnly: like,
    run: (call) => {
      const shape = like ? call.value(0).shape : call.list("shape")!;
      const own = like && isFloat(call.value(0).type)
        ? call.value(0).type
        : Type.FLOAT;
      const type = call.attribute("dtype", own);
      return ofTensor(castTensor(draw(call, shape), type), type);
    },
  };
}

const normal = (call: Call, shape: readonly number[]) =>
  randn(shape.slice(), { device: call.run.device })
    .mul(call.attribute("scale", 1)).add(call.attribute("mean", 0));

const uniform = (call: Call, shape: readonly number[]) => {
  const [low, high] = [call.attribute("low", 0), call.attribute("high", 1)];
  return rand(shape.slice(), { device: call.run.device })
    .mul(high - low).add(low);
};

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
  RandomNormal: random(normal, false),
  RandomNormalLike: random(normal, true),
  RandomUniform: random(uniform, false),
  RandomUniformLike: random(uniform, true),
  Bernoulli: {
    since: 15,
    random: true,
    run: (call) => {
      const type = call.attribute("dtype", call.value(0).type);
      return ofTensor(castTensor(bernoulli(call.floats(0)), type), type);
    },
  },
};
