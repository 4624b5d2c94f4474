/**
 * Keys that order like the elements: what sorting and searching compare.
 *
 * @module
 */
import { type GpuDType, gpuOf, loaded } from "../wgsl/dtype.ts";

/**
 * The key of an element in memory, a `u32`: smaller for what comes first. NaN
 * is above all numbers, and -0 equals 0.
 */
export function sortKey(dtype: GpuDType, element: string): string {
  return gpuOf(dtype).sortKey(element);
}

/** The same in the other direction, except that NaN remains above all. */
export function descendingKey(dtype: GpuDType, element: string): string {
  const key = `~${sortKey(dtype, element)}`;
  if (dtype !== "float32" && dtype !== "float16") return key;
  return `select(${key}, 0xffffffffu, tf_is_nan(${loaded(dtype, element)}))`;
}
