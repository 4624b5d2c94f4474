/**
 * Weights as integers of 8 bits.
 *
 * @module
 */
import { type Device, tensor } from "@tenfold/core";
import { MOST_INPUTS, wordsOf } from "@tenfold/core/int8";
import { unscopedNow } from "@tenfold/core/internal";
import { Buffer, type Parameter } from "../parameter.ts";

/** A weight of n rows as integers, before it is on a device. */
export interface Packed {
  /** Four integers each, the first in the lowest bits; `[n, words]`. */
  readonly words: Int32Array;
  /** The sum of the integers of each row. */
  readonly sums: Int32Array;
  /** What they are multiples of, for each row. */
  readonly scales: Float32Array;
}

/** Whether rows of so many inputs can be quantised. */
export const fits = (inputs: number): boolean => inputs <= MOST_INPUTS;

/**
 * Rounds each row of a weight to multiples of a 127th of its largest size; null
 * where one is not finite.
 */
export async function pack(weight: Parameter): Promise<Packed | null> {
  const rows = weight.shape[0]!;
  const length = weight.size / rows;
  const data = await weight.data();
  const words = new Int32Array(rows * wordsOf(length));
  const bytes = new DataView(words.buffer);
  const sums = new Int32Array(rows);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const own = data.subarray(row * length, (row + 1) * length);
    let top = 0;
    for (const value of own) {
      if (!Number.isFinite(value)) return null;
      top = Math.max(top, Math.abs(value));
    }
    scales[row] = top / 127;
    if (scales[row] === 0) continue;
    const start = 4 * row * wordsOf(length);
    for (let i = 0; i < length; i++) {
      const level = Math.round(own[i]! / top * 127);
      sums[row]! += level;
      bytes.setInt8(start + i, level);
    }
  }
  return { words, sums, scales };
}

/** A buffer of a layer. */
export function bufferOf(
  data: Int32Array | Float32Array,
  shape: readonly number[],
  device: Device,
): Buffer {
  const start = unscopedNow(() =>
    tensor(data, {
      device,
      dtype: data instanceof Int32Array ? "int32" : "float32",
    })
  );
  const shaped = unscopedNow(() => start.reshape(shape));
  const buffer = new Buffer(shaped);
  shaped.dispose();
  start.dispose();
  return buffer;
}
