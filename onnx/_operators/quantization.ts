/**
 * Between floats and the integers that stand for them.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import type { Call, NodeFacts, Operators } from "../_call.ts";
import { factsOf, isFloat, nameOf, Type } from "../_element.ts";
import { axisOf, ofTensor, type Value } from "../_value.ts";
import { convolution, refusesWindows } from "./convolution.ts";

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

/** Less its zero point, which has one number or one a row or column. */
function lessZero(x: Tensor, zero: Tensor | null, rows: boolean): Tensor {
  if (zero === null) return x;
  return x.sub(
    zero.ndim === 1 && zero.size > 1 && rows ? zero.unsqueeze(-1) : zero,
  );
}

/** A zero point or scale, one number or one for each output channel. */
function perFilter(t: Tensor, weight: Tensor): Tensor {
  return t.size === 1
    ? t.reshape([])
    : t.reshape([t.size, ...weight.shape.slice(1).map(() => 1)]);
}

/** Less their zero points, as they are multiplied. */
function centred(call: Call, at: number, zeroAt: number): Tensor {
  const [x, zero] = [call.tensor(at), call.optional(zeroAt)];
  return zero === null ? x : x.sub(perFilter(zero, x));
}

/** A convolution of integers, with the scales that they stand for. */
function convolveQuantized(call: Call): Value {
  const product = convolution(
    call,
    centred(call, 0, 2),
    centred(call, 3, 5),
    call.optional(8),
  );
  const scale = call.tensor(4);
  const wide = scale.size === 1
    ? scale.reshape([])
    : scale.reshape([scale.size, ...product.shape.slice(2).map(() => 1)]);
  const { type } = call.value(7);
  return ofTensor(
    quantized(
      product.cast("float32").mul(wide.mul(call.tensor(1).reshape([]))),
      call.tensor(6).reshape([]),
      call.tensor(7).reshape([]),
      type,
    ),
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
  ConvInteger: {
    since: 10,
    refuses: refusesWindows,
    run: (call) =>
      ofTensor(
        convolution(call, centred(call, 0, 2), centred(call, 1, 3), null),
        Type.INT32,
      ),
  },
  QLinearConv: { since: 10, refuses: refusesWindows, run: convolveQuantized },
  MatMulInteger: {
    since: 10,
    run: (call) => {
      const a = lessZero(call.tensor(0), call.optional(2), true);
      const b = lessZero(call.tensor(1), call.optional(3), false);
      return ofTensor(a.matmul(b), Type.INT32);
    },
  },
  QLinearMatMul: { run: multiplyQuantized, since: 10 },
};
