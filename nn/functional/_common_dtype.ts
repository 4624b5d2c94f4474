/**
 * The dtype to which the operands of a product must be brought.
 *
 * @module
 */
import { type DType, promote, type Tensor } from "@tenfold/core";
import { numberOf } from "@tenfold/core/backend";
import { castingOf } from "@tenfold/core/internal";

/**
 * The common dtype of an input, a weight and a bias, bools counted as int32;
 * null where all of them have it already.
 */
export function commonDType(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null | undefined,
): DType | null {
  const { dtype } = x;
  // A product casts them itself then.
  if (castingOf("matmul") !== null) {
    const all = [x, weight, ...bias ? [bias] : []];
    if (all.every((t) => isHalfOrSingle(t.dtype))) return null;
  }
  const same = dtype === weight.dtype && (!bias || bias.dtype === dtype);
  if (same && dtype !== "bool") return null;
  const common = numberOf(promote(dtype, weight.dtype));
  return bias ? promote(common, bias.dtype) : common;
}

const isHalfOrSingle = (dtype: DType): boolean =>
  dtype === "float16" || dtype === "float32";
