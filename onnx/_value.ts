/**
 * What flows between nodes: tensors, and numbers that JavaScript knows.
 * Shapes and what is computed of them stay known, so that they cost no kernel
 * and no read of a device.
 *
 * @module
 */
import { type Device, type Tensor, tensor } from "@tenfold/core";
import { currentRecording, unscopedNow } from "@tenfold/core/internal";
import {
  allocate,
  dtypeOf,
  isFloat,
  nameOf,
  type Numbers,
  typeOfDType,
} from "./_element.ts";
import type { Constant } from "./_tensor_data.ts";

/** A tensor with its type in ONNX, or numbers with a type and a shape. */
export interface Value {
  readonly type: number;
  readonly shape: readonly number[];
  /** The numbers, where they are known. */
  readonly numbers: Numbers | null;
  /** The tensor, where they are not. */
  readonly tensor: Tensor | null;
}

/** A value whose numbers are known. */
export interface Known extends Value {
  readonly numbers: Numbers;
  readonly tensor: null;
}

/** Most elements that are computed one by one in JavaScript. */
export const MOST_KNOWN = 4096;

/** The value of a tensor. */
export function ofTensor(tensor: Tensor, type?: number): Value {
  return {
    type: type ?? typeOfDType(tensor.dtype),
    shape: tensor.shape,
    numbers: null,
    tensor,
  };
}

/** A value of numbers that are known. */
export function known(
  type: number,
  shape: readonly number[],
  numbers: ArrayLike<number>,
): Known {
  let array = numbers as Numbers;
  if (Array.isArray(numbers) || !ArrayBuffer.isView(numbers)) {
    array = allocate(type, numbers.length);
    array.set(numbers as number[]);
  }
  return { type, shape, numbers: array, tensor: null };
}

/** The value of a stored constant. */
export function ofConstant({ type, shape, numbers }: Constant): Known {
  return { type, shape, numbers, tensor: null };
}

/** Whether the numbers of a value are known. */
export function isKnown(value: Value | null | undefined): value is Known {
  return value != null && value.numbers !== null;
}

/** How many elements a shape has. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** A dim that may count from the end. */
export function axisOf(axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= Math.max(rank, 1)) {
    throw new RangeError(
      `the axis ${axis} is outside of the ${rank} dims of the input`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** The shape that two shapes broadcast to. */
export function broadcast(
  a: readonly number[],
  b: readonly number[],
): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, d) => {
    const x = a[a.length - rank + d] ?? 1;
    const y = b[b.length - rank + d] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new RangeError(
        `the shapes [${a.join(", ")}] and [${b.join(", ")}] do not broadcast`,
      );
    }
    return x === 1 ? y : x;
  });
}

/** Tensors made of known numbers once, which belong to a model. */
export class Uploads {
  #made = new Map<Known, Tensor>();

  /**
   * The tensor of known numbers on a device; asked for again, the same one.
   * Only those that are `lasting` (constants of the model) are remembered.
   */
  tensorOf(value: Known, device: Device, lasting: boolean): Tensor {
    const found = this.#made.get(value);
    if (found && found.device === device && !found.released) return found;
    found?.dispose();
    if (!lasting) return upload(value, device);
    const make = () => unscopedNow(() => upload(value, device));
    const recording = currentRecording();
    const made = recording ? recording.pause(make) : make();
    this.#made.set(value, made);
    return made;
  }

  /** Gives the memory of all of them back. */
  dispose(): void {
    for (const made of this.#made.values()) made.dispose();
    this.#made.clear();
  }
}

/** A tensor of known numbers. */
export function upload(value: Known, device: Device): Tensor {
  const dtype = dtypeOf(value.type, device.backend.dtypes);
  let { numbers } = value;
  if (dtype === "int32" && !(numbers instanceof Int32Array)) {
    numbers = int32s(numbers, value.type);
  }
  return tensor(numbers, { shape: [...value.shape], dtype, device });
}

/**
 * Integers as int32. The largest of 64 bits stand for "as far as it goes" and
 * become the largest of 32.
 */
function int32s(numbers: Numbers, type: number): Int32Array {
  const out = new Int32Array(numbers.length);
  for (let i = 0; i < out.length; i++) {
    const value = numbers[i]!;
    out[i] = value;
    if (out[i] === value) continue;
    if (Math.abs(value) < 2 ** 62) {
      throw new RangeError(
        `the ${nameOf(type)} ${value} does not fit into the int32 of tensors`,
      );
    }
    out[i] = value < 0 ? -(2 ** 31) : 2 ** 31 - 1;
  }
  return out;
}

/** The numbers of a value, read from its device where they are not known. */
export function numbersOf(value: Value, what: string): Numbers {
  if (value.numbers !== null) return value.numbers;
  const { tensor } = value;
  let read;
  try {
    read = tensor!.dataSync();
  } catch (cause) {
    throw new TypeError(
      `${what} must be known to JavaScript, and the tensor cannot be read here: ${
        cause instanceof Error ? cause.message : cause
      }; pass it to forward as a number or an array instead of a tensor`,
      { cause },
    );
  }
  if (isFloat(value.type)) return read as Numbers;
  const out = allocate(value.type, read.length);
  out.set(read);
  return out;
}
