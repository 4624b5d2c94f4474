/**
 * Elements of tensors in memory of the host.
 *
 * @module
 */
import { DTypeError, type Tensor } from "@tenfold/core";
import { noGradNow, VALUE } from "@tenfold/core/internal";
import type { HostArray, Reduction } from "./_communicator.ts";

/** Whether the elements of a tensor can be seen without waiting. */
export function isOnHost(tensor: Tensor): boolean {
  return tensor.device.backend.hostView !== undefined;
}

/** Whether they lie one after the other. */
export function isDense(tensor: Tensor): boolean {
  return tensor[VALUE].view.dense;
}

/**
 * The elements of a dense tensor where they lie; valid until memory is
 * allocated.
 */
export function elementsOf(tensor: Tensor): HostArray {
  const { storage, view } = tensor[VALUE];
  const { backend, buffer } = storage;
  return backend.hostView!(buffer, view.offset, view.size) as HostArray;
}

/** Notes that the elements of a tensor were changed, as the tape must know. */
export function changed(tensor: Tensor): void {
  tensor[VALUE].storage.version++;
}

/** Writes the elements of a dense tensor of any device. */
export function write(tensor: Tensor, data: HostArray): void {
  writeAt(tensor, 0, data);
}

/** Writes some elements of a dense tensor, from number `from` on. */
export function writeAt(tensor: Tensor, from: number, data: HostArray): void {
  const { storage, view } = tensor[VALUE];
  storage.backend.write(storage.buffer, view.offset + from, data);
  storage.version++;
}

/** An array of the same kind. */
export function allocateLike<A extends HostArray>(data: A, length: number): A {
  return new (data.constructor as new (length: number) => A)(length);
}

/**
 * Refuses what MPI cannot reduce.
 *
 * @throws {DTypeError} If the dtype cannot be reduced so.
 */
export function checkReducible(
  operation: string,
  tensor: Tensor,
  op: Reduction | "mean",
): void {
  const { dtype } = tensor as { dtype: string };
  if (dtype === "float32" || dtype === "float64") return;
  if (dtype === "int32" && op !== "mean") return;
  throw new DTypeError(
    dtype === "int32"
      ? `Cannot ${operation} the mean of int32: only floats have one, cast it before`
      : `Cannot ${operation} ${dtype}: MPI reduces float32, float64 and int32, cast it before`,
  );
}

/** `data *= factor`. */
export function scale(data: HostArray, factor: number): void {
  if (factor === 1) return;
  for (let i = 0; i < data.length; i++) data[i]! *= factor;
}

/** The tensor itself, or a copy whose elements lie one after the other. */
export function denseOf(tensor: Tensor): Tensor {
  return isDense(tensor) ? tensor : noGradNow(() => tensor.contiguous());
}

/** Whether memory is shared, which stays where it is. */
export function isShared({ buffer }: HostArray): boolean {
  return typeof SharedArrayBuffer !== "undefined" &&
    buffer instanceof SharedArrayBuffer;
}

/** Whether an array is the memory of a tensor, and no copy of it. */
export function sharesMemory(tensor: Tensor, data: HostArray): boolean {
  const own = elementsOf(tensor);
  return own.buffer === data.buffer && own.byteOffset === data.byteOffset;
}
