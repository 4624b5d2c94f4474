/**
 * Tensors from storages and strides. Tensors that lie densely in a storage, in
 * any order of their dims, are views of one tensor where they overlap: weights
 * that were tied stay tied. Others are copied.
 *
 * @module
 */
import { scope, type Tensor } from "@tenfold/core";
import { checkDims } from "../_dims.ts";
import { ELEMENTS } from "../_element.ts";
import type { AnyTypedArray } from "../_bytes.ts";
import { type TensorReadOptions, toTensor } from "../_to_tensor.ts";
import type { DataFormatError } from "../errors.ts";
import type { StorageRef, TensorRef } from "./_objects.ts";

/** How many times the bytes of the file copies of strided tensors may take. */
const MAX_COPIES = 64;

/** What the tensors are made from. */
export interface StorageFiles {
  /** The bytes of a storage. */
  read(key: string): Uint8Array;
  /** Bytes of the whole file. */
  readonly length: number;
  readonly littleEndian: boolean;
  fail(why: string): DataFormatError;
}

/** A tensor that is a run of its storage, seen with its dims in an order. */
interface Dense {
  readonly ref: TensorRef;
  /** The dims, outermost in the storage first. */
  readonly order: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Tensors for all references: each is a handle of its own. */
export function makeTensors(
  refs: readonly TensorRef[],
  files: StorageFiles,
  options: TensorReadOptions,
): Map<TensorRef, Tensor> {
  const room = scope();
  try {
    const made = new TensorMaker(files, options).make(refs);
    for (const tensor of made.values()) room.keep(tensor);
    return made;
  } finally {
    room.dispose();
  }
}

class TensorMaker {
  readonly #files: StorageFiles;
  readonly #options: TensorReadOptions;
  readonly #made = new Map<TensorRef, Tensor>();
  readonly #elements = new Map<string, AnyTypedArray>();
  readonly #copies = new Map<string, Tensor>();
  #copied = 0;

  constructor(files: StorageFiles, options: TensorReadOptions) {
    this.#files = files;
    this.#options = options;
  }

  make(refs: readonly TensorRef[]): Map<TensorRef, Tensor> {
    const runs = new Map<string, Dense[]>();
    const others: TensorRef[] = [];
    for (const ref of refs) {
      this.#check(ref);
      const dense = denseRun(ref);
      if (dense === null) {
        others.push(ref);
        continue;
      }
      const key = `${ref.type}/${ref.storage.key}`;
      const list = runs.get(key);
      if (list === undefined) runs.set(key, [dense]);
      else list.push(dense);
    }
    for (const list of runs.values()) this.#makeViews(list);
    for (const ref of others) this.#made.set(ref, this.#copy(ref));
    return this.#made;
  }

  /** Refuses a tensor that reaches beyond its storage. */
  #check({ type, storage, offset, shape, strides }: TensorRef): void {
    const { fail } = this.#files;
    checkDims(shape.length, fail);
    const size = sizeOf(shape);
    const last = size === 0
      ? offset - 1
      : shape.reduce((at, n, d) => at + (n - 1) * strides[d]!, offset);
    const length = storage.untyped
      ? Math.floor(storage.length / ELEMENTS[type].bytes)
      : storage.length;
    if (size > 2 ** 32 || (size > 0 && last >= length)) {
      throw fail(
        `a tensor of shape [${shape.join(", ")}] and strides [${
          strides.join(", ")
        }] at ${offset} does not fit its storage of ${length} elements`,
      );
    }
  }

  /** The elements of a storage, decoded once. */
  #decode(storage: StorageRef, ref: TensorRef): AnyTypedArray {
    const key = `${ref.type}/${storage.key}`;
    let elements = this.#elements.get(key);
    if (elements === undefined) {
      const files = this.#files;
      const bytes = files.read(storage.key);
      const width = storage.untyped ? 1 : ELEMENTS[ref.type].bytes;
      if (bytes.length !== storage.length * width) {
        throw files.fail(
          `storage ${
            storage.key.slice(0, 80)
          } has ${bytes.length} bytes: expected ${storage.length * width}`,
        );
      }
      const whole = bytes.length - bytes.length % ELEMENTS[ref.type].bytes;
      elements = ELEMENTS[ref.type].decode(
        bytes.subarray(0, whole),
        files.littleEndian,
      );
      this.#elements.set(key, elements);
    }
    return elements;
  }

  /** Views of one tensor for each stretch of a storage that is in use. */
  #makeViews(list: Dense[]): void {
    list.sort((a, b) => a.begin - b.begin);
    for (let first = 0; first < list.length;) {
      const { begin, ref } = list[first]!;
      let { end } = list[first]!;
      let next = first + 1;
      while (next < list.length && list[next]!.begin < end) {
        end = Math.max(end, list[next++]!.end);
      }
      const elements = this.#decode(ref.storage, ref).slice(begin, end);
      // It ends with the scope around all of this.
      const base = this.#tensor(elements, ref, [end - begin]);
      for (const dense of list.slice(first, next)) {
        this.#made.set(dense.ref, viewOf(base, dense, begin));
      }
      first = next;
    }
  }

  #tensor(
    elements: AnyTypedArray,
    { type, storage }: TensorRef,
    shape: readonly number[],
  ): Tensor {
    const what = `PyTorch data, storage ${storage.key.slice(0, 80)},`;
    return toTensor(elements, type, shape, what, this.#options);
  }

  /** A tensor of the elements that a reference shows, in C order. */
  #copy(ref: TensorRef): Tensor {
    const { storage, shape, strides, type, offset } = ref;
    const key = `${type}/${storage.key}/${offset}/${shape}/${strides}`;
    const known = this.#copies.get(key);
    if (known !== undefined) return expanded(known.detach(), shape);
    const compact = shape.map((n, d) => strides[d] === 0 ? Math.min(n, 1) : n);
    const size = sizeOf(compact);
    const source = size === 0
      ? ELEMENTS[type].decode(new Uint8Array(), true)
      : this.#decode(storage, ref);
    this.#copied += size * ELEMENTS[type].bytes;
    if (this.#copied > MAX_COPIES * this.#files.length) {
      throw this.#files.fail(
        `its strided tensors take more than ${MAX_COPIES} times the bytes of the file: save tensor.contiguous() or tensor.clone() of those that overlap themselves`,
      );
    }
    const elements =
      new (source.constructor as { new (n: number): AnyTypedArray })(
        size,
      );
    const index = compact.map(() => 0);
    let from = offset;
    for (let to = 0; to < size; to++) {
      elements[to] = source[from]!;
      for (let d = compact.length - 1; d >= 0; d--) {
        from += strides[d]!;
        if (++index[d]! < compact[d]!) break;
        from -= strides[d]! * compact[d]!;
        index[d] = 0;
      }
    }
    const tensor = this.#tensor(elements, ref, compact);
    this.#copies.set(key, tensor);
    return expanded(tensor.detach(), shape);
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** How a tensor is a run of its storage, or `null` where it leaves gaps. */
function denseRun(ref: TensorRef): Dense | null {
  const { shape, strides, offset } = ref;
  if (sizeOf(shape) === 0) return null;
  // Dims of one element, or of one element repeated, take no room.
  const extent = (d: number) => strides[d] === 0 ? 1 : shape[d]!;
  const step = (d: number) => extent(d) === 1 ? 2 ** 53 : strides[d]!;
  const order = shape.map((_, d) => d)
    .sort((a, b) => step(b) - step(a) || a - b);
  let size = 1;
  for (const d of order.toReversed()) {
    if (extent(d) === 1) continue;
    if (strides[d] !== size) return null;
    size *= extent(d);
  }
  return { ref, order, begin: offset, end: offset + size };
}

/** The view of a run that shows a tensor. */
function viewOf(
  base: Tensor,
  { ref: { shape, strides }, order, begin, end }: Dense,
  from: number,
): Tensor {
  const extents = shape.map((n, d) => strides[d] === 0 ? 1 : n);
  const run = base.narrow(0, begin - from, end - begin);
  const laid = run.reshape(order.map((d) => extents[d]!));
  const place = order.map((_, d) => order.indexOf(d));
  return expanded(laid.permute(place), shape);
}

/** A view that repeats dims of one element, in place of the tensor. */
function expanded(tensor: Tensor, shape: readonly number[]): Tensor {
  if (shape.every((n, d) => n === tensor.shape[d])) return tensor;
  return tensor.expand([...shape]);
}
