/**
 * The values of a pickle as those of JavaScript.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import type { DataFormatError } from "../errors.ts";
import {
  dtypeText,
  isStorage,
  type StorageRef,
  TensorRef,
} from "./_objects.ts";
import { Dict, Global, Inert } from "./_pickle.ts";

/** How deep values may lie in each other. */
const MAX_DEPTH = 200;

/**
 * What a file of PyTorch holds.
 *
 * @example The learning rate in a checkpoint
 * ```ts
 * import type { TorchValue } from "@tenfold/data/torch";
 *
 * const checkpoint: TorchValue = { epoch: 3, lr: 0.1, notes: ["warm-up"] };
 * ```
 */
export type TorchValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Tensor
  | TorchValue[]
  | Set<TorchValue>
  | Map<TorchValue, TorchValue>
  | { [key: string]: TorchValue };

/** The tensors that a value holds, each once. */
export function tensorsIn(
  root: unknown,
  fail: (why: string) => DataFormatError,
): { refs: TensorRef[]; storages: Map<StorageRef, TensorRef> } {
  const refs = new Set<TensorRef>();
  const storages = new Map<StorageRef, TensorRef>();
  const seen = new Set<unknown>();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    if (depth > MAX_DEPTH) {
      throw fail(`its values lie more than ${MAX_DEPTH} deep`);
    }
    seen.add(value);
    if (value instanceof TensorRef) refs.add(value);
    else if (isStorage(value)) {
      storages.set(value, storageAsTensor(value, fail));
    } else if (Array.isArray(value) || value instanceof Set) {
      for (const item of value) visit(item, depth + 1);
    } else if (value instanceof Dict) {
      for (const [key, item] of value.entries) {
        visit(key, depth + 1);
        visit(item, depth + 1);
      }
    }
  };
  visit(root, 0);
  for (const ref of storages.values()) refs.add(ref);
  return { refs: [...refs], storages };
}

/** A storage that stands for itself: a tensor of all its elements. */
function storageAsTensor(
  storage: StorageRef,
  fail: (why: string) => DataFormatError,
): TensorRef {
  if (storage.type === null) {
    throw fail("it holds a storage of complex numbers");
  }
  return new TensorRef(storage, storage.type, 0, [storage.length], [1]);
}

/** The value with its tensors; what {@link Inert} stands for is left out. */
export function toValue(
  root: unknown,
  tensorOf: (value: TensorRef | StorageRef) => Tensor,
): TorchValue {
  const done = new Map<unknown, TorchValue>();
  const remember = <T extends TorchValue>(value: unknown, made: T): T => {
    done.set(value, made);
    return made;
  };
  const convert = (value: unknown): TorchValue => {
    if (value instanceof Inert) return null;
    if (typeof value !== "object" || value === null) return value as TorchValue;
    const known = done.get(value);
    if (known !== undefined) return known;
    if (value instanceof TensorRef || isStorage(value)) return tensorOf(value);
    if (Array.isArray(value)) {
      const list = remember<TorchValue[]>(value, []);
      for (const item of value) list.push(convert(item));
      return list;
    }
    if (value instanceof Set) {
      const set = remember(value, new Set<TorchValue>());
      for (const item of value) set.add(convert(item));
      return set;
    }
    if (value instanceof Dict) {
      const pairs = [...value.entries]
        .filter(([key, item]) =>
          !(key instanceof Inert || item instanceof Inert)
        );
      const texts = pairs.map(([key]) => keyText(key));
      if (texts.includes(undefined) || new Set(texts).size < texts.length) {
        const map = remember(value, new Map<TorchValue, TorchValue>());
        for (const [key, item] of pairs) map.set(convert(key), convert(item));
        return map;
      }
      const record = remember<{ [key: string]: TorchValue }>(value, {});
      pairs.forEach(([, item], i) =>
        // A key may be __proto__.
        Object.defineProperty(record, texts[i]!, {
          value: convert(item),
          enumerable: true,
          configurable: true,
          writable: true,
        })
      );
      return record;
    }
    if (value instanceof Global) return dtypeText(value) ?? null;
    return value as Uint8Array;
  };
  return convert(root);
}

/** A key as a property, or `undefined` where it cannot be one. */
function keyText(key: unknown): string | undefined {
  return typeof key === "string" || Number.isInteger(key)
    ? String(key)
    : undefined;
}
