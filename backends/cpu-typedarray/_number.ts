/**
 * Numbers as a dtype has them.
 *
 * @module
 */
import type { DType } from "@tenfold/core";

/** Truncates to an int32; beyond its range the nearest one, NaN gives 0. */
export function toInt32(x: number): number {
  return x > 2147483647 ? 2147483647 : x < -2147483648 ? -2147483648 : x | 0;
}

/** A number as the element of a tensor: rounded, truncated, or `!= 0`. */
export function toDType(dtype: DType, x: number): number {
  switch (dtype) {
    case "float64":
      return x;
    case "float32":
      return Math.fround(x);
    case "int32":
      return toInt32(x);
    case "bool":
      return x === 0 ? 0 : 1;
  }
}
