/**
 * Operators over two or more tensors, element by element.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import type { Call, Operator, Operators } from "../_call.ts";
import { isFloat, Type } from "../_element.ts";
import { mapKnown } from "../_host.ts";
import {
  broadcast,
  type Known,
  MOST_KNOWN,
  ofTensor,
  sizeOf,
  type Value,
} from "../_value.ts";

type TensorFn = (a: Tensor, b: Tensor | number) => Tensor;
type NumberFn = (a: number, b: number) => number;

/** Whether a result of several known inputs is small enough for JavaScript. */
function isSmall(inputs: readonly Known[]): boolean {
  const shape = inputs.reduce<number[]>((s, i) => broadcast(s, i.shape), []);
  return sizeOf(shape) <= MOST_KNOWN;
}

/**
 * The second input with the dims that the first has behind those it stands
 * for, as operator sets before 7 broadcast.
 */
function aligned(call: Call, b: Tensor): Tensor {
  const axis = call.attribute("axis");
  if (call.version >= 7 || axis === undefined || b.ndim === 0) return b;
  const behind = call.value(0).shape.length - axis - b.ndim;
  return behind > 0
    ? b.reshape([...b.shape, ...Array<number>(behind).fill(1)])
    : b;
}

/** Both operands; numbers stay numbers where the first is a tensor. */
function operands(call: Call): [Tensor, Tensor | number] {
  const b = call.operand(1, call.value(0));
  return [call.tensor(0), typeof b === "number" ? b : aligned(call, b)];
}

function binary(
  tensors: TensorFn,
  numbers: NumberFn,
  type?: number,
  since = 1,
): Operator {
  return {
    since,
    run: (call) => {
      const [a, b] = operands(call);
      return ofTensor(tensors(a, b), type ?? call.value(0).type);
    },
    known: (call, inputs) =>
      isSmall(inputs) && call.attribute("axis") === undefined
        ? mapKnown(type ?? inputs[0]!.type, inputs, numbers)
        : null,
  };
}

/** Several inputs, two by two. */
function variadic(tensors: TensorFn, numbers: NumberFn): Operator {
  return {
    run: (call) => {
      const [first, ...rest] = call.inputs;
      let out = call.toTensor(first!);
      for (const value of rest) out = tensors(out, call.toTensor(value!));
      return call.like(0, out);
    },
    known: (_, inputs) =>
      isSmall(inputs)
        ? mapKnown(
          inputs[0]!.type,
          inputs,
          (...values) => values.reduce(numbers),
        )
        : null,
  };
}

/** The quotient of integers, cut off towards zero, exact in 32 bits. */
function divideIntegers(a: Tensor, b: Tensor | number): Tensor {
  const rest = remainderOfDividend(a, b);
  const multiple = a.sub(rest);
  const nearly = multiple.div(b).round().cast("int32");
  // The quotient of floats is off where 24 bits are too few for the multiple.
  const off = multiple.sub(nearly.mul(b));
  return nearly.add(off.div(b).round().cast("int32"));
}

/** What division that is cut off towards zero leaves. */
function remainderOfDividend(a: Tensor, b: Tensor | number): Tensor {
  const by = typeof b === "number" ? Math.abs(b) : b.abs();
  return a.abs().remainder(by).mul(a.sign());
}

const divide: Operator = {
  run: (call) => {
    const [a, b] = operands(call);
    return call.like(
      0,
      isFloat(call.value(0).type) ? a.div(b) : divideIntegers(a, b),
    );
  },
  known: (call, inputs) => {
    if (!isSmall(inputs) || call.attribute("axis") !== undefined) return null;
    const { type } = inputs[0]!;
    return mapKnown(
      type,
      inputs,
      isFloat(type) ? (a, b) => a / b : (a, b) => Math.trunc(a / b),
    );
  },
};

const modulo: Operator = {
  since: 10,
  run: (call) => {
    const [a, b] = operands(call);
    return call.like(
      0,
      call.attribute("fmod", 0) === 1
        ? remainderOfDividend(a, b)
        : a.remainder(b),
    );
  },
  known: (call, inputs) =>
    isSmall(inputs)
      ? mapKnown(
        inputs[0]!.type,
        inputs,
        call.attribute("fmod", 0) === 1
          ? (a, b) => a % b
          : (a, b) => a - Math.floor(a / b) * b,
      )
      : null,
};

/** Keeps the type of the base, whatever the exponent is. */
const power: Operator = {
  run: (call) => {
    const [a, b] = operands(call);
    const { type } = call.value(0);
    const value = isFloat(type) || typeof b === "number" || b.dtype === a.dtype
      ? a.pow(b)
      : a.cast("float32").pow(b).cast(a.dtype);
    return ofTensor(value.cast(a.dtype), type);
  },
  known: (call, inputs) =>
    isSmall(inputs) && call.attribute("axis") === undefined
      ? mapKnown(inputs[0]!.type, inputs, (a, b) => a ** b)
      : null,
};

const mean: Operator = {
  run: (call) => {
    let sum = call.tensor(0);
    for (let i = 1; i < call.inputs.length; i++) sum = sum.add(call.tensor(i));
    return call.like(0, sum.div(call.inputs.length));
  },
};

const where: Operator = {
  since: 9,
  run: (call) => {
    const condition = call.tensor(0);
    const [a, b]: Value[] = [call.value(1), call.value(2)];
    const out = call.toTensor(a!).where(condition, call.toTensor(b!));
    return ofTensor(out, a!.type);
  },
  known: (_, inputs) =>
    isSmall(inputs)
      ? mapKnown(inputs[1]!.type, inputs, (c, a, b) => c !== 0 ? a : b)
      : null,
};

const smaller: NumberFn = (a, b) => Math.min(a, b);
const larger: NumberFn = (a, b) => Math.max(a, b);
const BOOL = Type.BOOL;

/** The operators of this file. */
export const ARITHMETIC: Operators = {
  Add: binary((a, b) => a.add(b), (a, b) => a + b),
  Sub: binary((a, b) => a.sub(b), (a, b) => a - b),
  Mul: binary((a, b) => a.mul(b), (a, b) => a * b),
  Div: divide,
  Mod: modulo,
  Pow: power,
  Max: variadic((a, b) => a.maximum(b), larger),
  Min: variadic((a, b) => a.minimum(b), smaller),
  Sum: variadic((a, b) => a.add(b), (a, b) => a + b),
  Mean: mean,
  Equal: binary((a, b) => a.eq(b), (a, b) => Number(a === b), BOOL),
  Greater: binary((a, b) => a.gt(b), (a, b) => Number(a > b), BOOL),
  Less: binary((a, b) => a.lt(b), (a, b) => Number(a < b), BOOL),
  GreaterOrEqual: binary(
    (a, b) => a.ge(b),
    (a, b) => Number(a >= b),
    BOOL,
    12,
  ),
  LessOrEqual: binary((a, b) => a.le(b), (a, b) => Number(a <= b), BOOL, 12),
  And: binary((a, b) => a.logicalAnd(b), (a, b) => a & b, BOOL),
  Or: binary((a, b) => a.logicalOr(b), (a, b) => a | b, BOOL),
  Xor: binary((a, b) => a.logicalXor(b), (a, b) => a ^ b, BOOL),
  Where: where,
};
