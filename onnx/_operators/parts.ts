/**
 * Operators that put tensors together and take them apart.
 *
 * @module
 */
import { cat } from "@tenfold/core";
import type { Call, Operator, Operators } from "../_call.ts";
import { pickKnown, stridesOf } from "../_host.ts";
import { axisOf, known, MOST_KNOWN } from "../_value.ts";

type Shape = readonly number[];

/** Numbers that are an attribute before a version, an input from it on. */
export function argument(
  call: Call,
  name: string,
  at: number,
  inputSince: number,
): number[] | undefined {
  return call.version < inputSince
    ? call.list(name)
    : call.numbers(at) ?? undefined;
}

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

/** The operators of this file. */
export const PARTS: Operators = {
  Concat: concat,
  Split: split,
  Slice: slice,
};
