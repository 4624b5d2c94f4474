/**
 * Numbers that a function multiplies or divides by.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { UPLOAD_LIKE } from "@tenfold/core/internal";

/** Numbers on the device of a tensor, in its dtype and with all of its digits. */
export function constantsLike(
  like: Tensor,
  numbers: Iterable<number>,
  shape: readonly number[],
): Tensor {
  if (like.dtype === "float64") {
    return like[UPLOAD_LIKE](Float64Array.from(numbers), shape, "float64");
  }
  return like[UPLOAD_LIKE](Float32Array.from(numbers), shape, "float32")
    .cast(like.dtype);
}
