import { checkCount, promote, type Tensor, tidyNow } from "@tenfold/core";

const LINEAR = { name: "linear" } as const;

/** The tensor in another dtype, or itself. */
function as(x: Tensor, dtype: Tensor["dtype"]): Tensor {
  return x.dtype === dtype ? x : x.cast(dtype);
}

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
  if (x.dtype !== weight.dtype || (bias && bias.dtype !== x.dtype)) {
    const common = promote(x.dtype, weight.dtype);
    const dtype = bias ? promote(common, bias.dtype) : common;
    return tidyNow(() =>
      linear(as(x, dtype), as(weight, dtype), bias && as(bias, dtype))
    );
  }
  return bias ? x.apply(LINEAR, weight, bias) : x.apply(LINEAR, weight);
}
