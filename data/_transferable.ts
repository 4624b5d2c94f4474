/**
 * Tensors on their way to another thread.
 *
 * @module
 */
import { type DType, Tensor, tensor, type TypedArray } from "@tenfold/core";
import { checkCount } from "@tenfold/core/internal";

/**
 * A value whose tensors have become plain data.
 *
 * @example A batch for a worker
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, train } from "@tenfold/tenfold";
 *
 * const message: train.Transferable = await train.toTransferable({
 *   x: ones([2]),
 * });
 * assertEquals(message.transfer.length, 1);
 * ```
 */
export interface Transferable<T = unknown> {
  /** The value to pass to `postMessage`. */
  readonly value: unknown;
  /** The buffers that `postMessage` transfers instead of copying. */
  readonly transfer: ArrayBuffer[];
  /** The type of the original, for TypeScript alone. */
  readonly type?: T;
}

/** A tensor as plain data. */
interface Packed {
  readonly "@tenfold/tensor": {
    readonly dtype: DType;
    readonly shape: readonly number[];
    readonly data: TypedArray;
  };
}

/**
 * Converts a value that holds tensors to plain data, for `postMessage`. Tensors
 * are read from their device, wherever they are in arrays and plain objects,
 * and keep dtype and shape; they are not released. Everything else stays as it
 * is.
 *
 * @param value A tensor, or arrays and plain objects of tensors and other
 * values, such as a state dict.
 * @returns The value and the list of buffers, the two arguments of
 * `postMessage`.
 *
 * @example A state dict for another thread
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(2, 1);
 * const { value, transfer } = await train.toTransferable(model.stateDict());
 * const there = structuredClone(value, { transfer }); // as postMessage does
 * const state = train.fromTransferable<nn.StateDict>(there);
 * assertEquals(state["weight"]?.shape, [1, 2]);
 * ```
 */
export async function toTransferable<T>(value: T): Promise<Transferable<T>> {
  checkCount("toTransferable", arguments.length, 1);
  const transfer: ArrayBuffer[] = [];
  const reads: Promise<void>[] = [];
  // The reads begin at once, while the tensors are there.
  const pack = (value: unknown): unknown => {
    if (!(value instanceof Tensor)) return mapParts(value, pack);
    const { dtype, shape } = value;
    const packed = { dtype, shape: [...shape], data: null as unknown };
    reads.push(
      value.data().then((data) => {
        packed.data = data;
        transfer.push(data.buffer as ArrayBuffer);
      }),
    );
    return { "@tenfold/tensor": packed };
  };
  const packed = pack(value);
  await Promise.all(reads);
  return { value: packed, transfer };
}

/**
 * Restores the tensors that {@linkcode toTransferable} converted, on the
 * current backend.
 *
 * @typeParam T The type of the original.
 * @param value What arrived.
 * @returns A value of the same build, with tensors.
 *
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, Tensor, train } from "@tenfold/tenfold";
 *
 * const { value } = await train.toTransferable({ x: tensor([1, 2]) });
 * const { x } = train.fromTransferable<{ x: Tensor }>(value);
 * assertEquals(await x.toArray(), [1, 2]);
 * ```
 */
export function fromTransferable<T = unknown>(value: unknown): T {
  checkCount("fromTransferable", arguments.length, 1);
  const unpack = (value: unknown): unknown => {
    if (!isPacked(value)) return mapParts(value, unpack);
    const { dtype, shape, data } = value["@tenfold/tensor"];
    return tensor(data, { dtype, shape });
  };
  return unpack(value) as T;
}

function isPacked(value: unknown): value is Packed {
  return typeof value === "object" && value !== null &&
    "@tenfold/tensor" in value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The same build with other parts, in arrays and plain objects. */
function mapParts(
  value: unknown,
  map: (part: unknown) => unknown,
): unknown {
  if (Array.isArray(value)) return value.map(map);
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, map(part)]),
  );
}
