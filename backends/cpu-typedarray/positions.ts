/**
 * Loops over strided operands, one position at a time.
 *
 * @module
 */
import type { KernelCall } from "@tenfold/core/backend";

/**
 * Calls `body` once for each position of `shape`, in C order, with the address
 * of every operand there. Both arrays that it passes are changed between calls.
 */
export function forEachPosition(
  shape: readonly number[],
  offsets: readonly number[],
  strides: readonly (readonly number[])[],
  body: (at: readonly number[], position: readonly number[]) => void,
): void {
  const rank = shape.length;
  const count = offsets.length;
  if (shape.includes(0)) return;
  const at = offsets.slice();
  const position: number[] = new Array(rank).fill(0);
  for (;;) {
    body(at, position);
    let d = rank - 1;
    for (; d >= 0; d--) {
      for (let k = 0; k < count; k++) at[k]! += strides[k]![d]!;
      if (++position[d]! < shape[d]!) break;
      for (let k = 0; k < count; k++) at[k]! -= strides[k]![d]! * shape[d]!;
      position[d] = 0;
    }
    if (d < 0) return;
  }
}

/**
 * Loops over the rows of a routine's loop, which is all of its dims but the
 * last `inner` ones.
 */
export function forEachRow(
  call: KernelCall,
  inner: number,
  body: (at: readonly number[]) => void,
): void {
  const { shape, offsets, strides } = call;
  forEachPosition(
    shape.slice(0, Math.max(0, shape.length - inner)),
    offsets,
    strides,
    body,
  );
}
