/**
 * Signatures: what the arguments of a compiled function have to agree in so
 * that a plan serves them, and how results are put together again.
 *
 * @module
 */
import { VALUE } from "../members.ts";
import type { Device } from "../device.ts";
import type { DType, TypedArray } from "../dtype.ts";
import { CompileError } from "../errors.ts";
import { Tensor } from "../tensor.ts";

/** The structure of a value; tensors are numbered in order. */
export type Structure =
  | {
    readonly kind: "tensor";
    readonly device: Device;
    readonly dtype: DType;
    readonly shape: readonly number[];
    readonly strides: readonly number[];
    readonly requiresGrad: boolean;
  }
  | { readonly kind: "array"; readonly items: readonly Structure[] }
  | {
    readonly kind: "object";
    readonly keys: readonly string[];
    readonly items: readonly Structure[];
  }
  | { readonly kind: "data"; readonly data: Data }
  | { readonly kind: "value"; readonly value: unknown };

/** So many tensors are compared with one another. */
const FEW = 8;

/** Numbers in memory of JavaScript. */
type Data = TypedArray;

/** The structure of a value; its tensors are added to `tensors`. */
export function flatten(
  value: unknown,
  tensors: Tensor[],
  what: "argument" | "result",
): Structure {
  if (value instanceof Tensor) {
    tensors.push(value);
    return {
      kind: "tensor",
      device: value.device,
      dtype: value.dtype,
      shape: value.shape,
      strides: value[VALUE].view.strides,
      requiresGrad: value.requiresGrad,
    };
  }
  if (Array.isArray(value)) {
    return {
      kind: "array",
      items: value.map((item) => flatten(item, tensors, what)),
    };
  }
  // They may hold other numbers the next time.
  if (isData(value)) return { kind: "data", data: value.slice() };
  if (isPlain(value)) {
    const keys = Object.keys(value);
    return {
      kind: "object",
      keys,
      items: keys.map((key) => flatten(value[key], tensors, what)),
    };
  }
  if (what === "result" && typeof value === "object" && value !== null) {
    throw new CompileError(
      `Cannot compile a function whose result holds a ${
        value.constructor?.name ?? "object"
      }: return tensors, alone or in arrays and plain objects`,
    );
  }
  return { kind: "value", value };
}

/** Whether a value has a structure; its tensors are added to `tensors`. */
export function matches(
  structure: Structure,
  value: unknown,
  tensors: Tensor[],
): boolean {
  switch (structure.kind) {
    case "tensor": {
      if (!(value instanceof Tensor)) return false;
      tensors.push(value);
      const { view } = value[VALUE];
      return value.device === structure.device &&
        value.dtype === structure.dtype &&
        equal(view.shape, structure.shape) &&
        equal(view.strides, structure.strides) &&
        value.requiresGrad === structure.requiresGrad;
    }
    case "array": {
      const { items } = structure;
      if (!Array.isArray(value) || value.length !== items.length) return false;
      for (let i = 0; i < items.length; i++) {
        if (!matches(items[i]!, value[i], tensors)) return false;
      }
      return true;
    }
    case "object": {
      const { keys, items } = structure;
      if (!isPlain(value) || Object.keys(value).length !== keys.length) {
        return false;
      }
      for (let i = 0; i < keys.length; i++) {
        if (!matches(items[i]!, value[keys[i]!], tensors)) return false;
      }
      return true;
    }
    case "data": {
      const { data } = structure;
      return isData(value) && value.constructor === data.constructor &&
        equalData(value, data);
    }
    case "value":
      return Object.is(value, structure.value);
  }
}

/**
 * For each tensor the first one that is at the same place in the same memory,
 * which may be itself; null where tensors share memory otherwise.
 */
export function sharing(tensors: readonly Tensor[]): readonly number[] | null {
  const first: number[] = new Array(tensors.length);
  const known = tensors.length > FEW ? new Map<object, number>() : null;
  for (let i = 0; i < tensors.length; i++) {
    const { storage, view: { offset } } = tensors[i]![VALUE];
    let j = 0;
    if (known !== null) {
      j = known.get(storage) ?? i;
      if (j === i) known.set(storage, i);
    } else while (tensors[j]![VALUE].storage !== storage) j++;
    if (tensors[j]![VALUE].view.offset !== offset) return null;
    first[i] = j;
  }
  return first;
}

/** A value of a structure with these tensors. */
export function rebuild(
  structure: Structure,
  tensors: readonly Tensor[],
): unknown {
  let next = 0;
  const build = (structure: Structure): unknown => {
    switch (structure.kind) {
      case "tensor":
        return tensors[next++];
      case "array":
        return structure.items.map(build);
      case "object":
        return Object.fromEntries(
          structure.keys.map((key, i) => [key, build(structure.items[i]!)]),
        );
      case "data":
        return structure.data;
      case "value":
        return structure.value;
    }
  };
  return build(structure);
}

/** Whether two lists hold the same numbers. */
export function equal(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function equalData(a: Data, b: Data): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !Object.is(a[i], b[i])) return false;
  }
  return true;
}

function isData(value: unknown): value is Data {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
}
