/**
 * Between floats and the integers that stand for them.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import type { Call, NodeFacts, Operators } from "../_call.ts";
import { factsOf, isFloat, nameOf, Type } from "../_element.ts";
import { axisOf, ofTensor, type Value } from "../_value.ts";

/** A scale or zero point in a shape that broadcasts over the input. */
function spread(
  call: Call,
  t: Tensor,
  shape: readonly number[],
): Tensor {
  if (t.size === 1) return t.reshape([]);
  const rank = shape.length;
  const axis = axisOf(call.attribute("axis", 1), rank);
  const block = call.attribute("block_size", 0);
  if (block > 0) {
    const wide = [...t.shape.slice(0, axis + 1), block]
      .concat(t.shape.slice(axis + 1));
    const flat = t.shape.slice();
    flat[axis]! *= block;
    return t.unsqueeze(axis + 1).expand(wide).reshape(flat)
      .narrow(axis, 0, shape[axis]!);
  }
  return t.reshape(shape.map((_, d) => d === axis ? t.size : 1));
}

/** `(x - zero) scale`. */
function dequantize(call: Call): Value {
  const x = call.tensor(0);
  const scale = spread(call, call.tensor(1), x.shape);
  const zero = call.optional(2);
  const centred = zero === null ? x : x.sub(spread(call, zero, x.shape));
  return ofTensor(centred.cast(scale.dtype).mul(scale), call.value(1).type);
}

function rangeOf(type: number): readonly [number, number] {
  return factsOf(type)!.range!;
}

/** `round(x / scale) + zero` within the range of the integers. */
function quantized(
  x: Tensor,
  scale: Tensor,
  zero: Tensor | null,
  type: number,
): Tensor {
  const steps = x.div(scale).round();
  const moved = zero === null ? steps : steps.add(zero);
  const [min, max] = rangeOf(type);
  return moved.clamp({ min, max }).cast("int32");
}

function quantize(call: Call): Value {
  const x = call.floats(0);
  const type = call.inputs[2]?.type ??
    (call.attribute("output_dtype", 0) || Type.UINT8);
  const zero = call.optional(2);
  const out = quantized(
    x,
    spread(call, call.tensor(1), x.shape),
    zero && spread(call, zero, x.shape),
    type,
  );
  return ofTensor(out, type);
}

/** To uint8, by the range of the input, which always holds 0. */
function quantizeDynamically(call: Call): Value[] {
  const x = call.floats(0);
  const [low, high] = [x.min().minimum(0), x.max().maximum(0)];
  const scale = high.sub(low).div(255);
  const zero = low.neg().div(scale).round().clamp({ min: 0, max: 255 });
  const out = quantized(x, scale, zero, Type.UINT8);
  return [
    ofTensor(out, Type.UINT8),
    ofTensor(scale, Type.FLOAT),
    ofTensor(zero.cast("int32"), Type.UINT8),
  ];
}

/** Integers that are read and written as others are dequantised and back. */
function multiplyQuantized(call: Call): Value {
  const part = (at: number, rows: boolean) => {
    const x = call.tensor(at);
    const shaped = (t: Tensor) =>
      t.size === 1 ? t.reshape([]) : rows ? t.unsqueeze(-1) : t;
    return {
      x: x.sub(shaped(call.tensor(at + 2))),
      scale: shaped(call.tensor(at + 1)),
    };
  };
  const [a, b] = [part(0, true), part(3, false)];
  const product = a.x.matmul(b.x).cast("float32").mul(a.scale).mul(b.scale);
  const { type } = call.value(7);
  return ofTensor(
    quantized(product, call.tensor(6), call.tensor(7), type),
    type,
  );
}

const refuses = ({ attributes }: NodeFacts): string | undefined => {
  const type = attributes.get("output_dtype");
  return typeof type === "number" && type !== 0 &&
      (isFloat(type) || factsOf(type) === undefined)
    ? `it quantises to ${nameOf(type)}`
    : undefined;
};

/** The operators of this file. */
export const QUANTIZATION: Operators = {
  QuantizeLinear: { run: quantize, since: 10, refuses },
  DequantizeLinear: { run: dequantize, since: 10 },
  DynamicQuantizeLinear: { run: quantizeDynamically, since: 11 },
  QLinearMatMul: { run: multiplyQuantized, since: 10 },
};
