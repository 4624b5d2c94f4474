import type { Tensor } from "@tenfold/core";
import {
  APPLY,
  checkCount,
  checkTensor,
  tidyNow,
} from "@tenfold/core/internal";
import { commonDType } from "./_common_dtype.ts";

const LINEAR = { name: "linear" } as const;

/**
 * `x wᵀ + bias`, as one product.
 *
 * @param x Of shape `[..., in]`.
 * @param weight Of shape `[out, in]`.
 * @param bias Of shape `[out]`.
 * @returns Of shape `[..., out]`.
 * @throws {ShapeError} If the extents do not fit each other.
 * @example A weighted sum
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.linear(tensor([1, 2]), tensor([[3, 4]]), tensor([5]));
 * assertEquals(await y.toArray(), [16]);
 * ```
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
): Tensor {
  checkCount("linear", arguments.length, 3);
  checkTensor(x, "x", "apply linear");
  checkTensor(weight, "the weight", "apply linear");
  if (bias) checkTensor(bias, "the bias", "apply linear");
  const dtype = commonDType(x, weight, bias);
  if (dtype !== null) {
    return tidyNow(() =>
      linear(x.cast(dtype), weight.cast(dtype), bias?.cast(dtype))
    );
  }
  return bias ? x[APPLY](LINEAR, weight, bias) : x[APPLY](LINEAR, weight);
}
