/**
 * Keys that order like the elements: what sorting and searching compare.
 *
 * @module
 */
import type { GpuDType } from "../wgsl/scalar.ts";

/**
 * The key of an element in memory, a `u32`: smaller for what comes first. NaN
 * is above all numbers, and -0 equals 0.
 */
export function sortKey(dtype: GpuDType, element: string): string {
  switch (dtype) {
    case "float32":
      return `tf_sort_key(${element})`;
    case "int32":
      return `(bitcast<u32>(${element}) ^ 0x80000000u)`;
    case "bool":
      return element;
  }
}

/** The same in the other direction, except that NaN remains above all. */
export function descendingKey(dtype: GpuDType, element: string): string {
  const key = `~${sortKey(dtype, element)}`;
  return dtype === "float32"
    ? `select(${key}, 0xffffffffu, tf_is_nan(${element}))`
    : key;
}
