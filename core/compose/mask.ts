/**
 * Values where a mask is true.
 *
 * @module
 */
import { castNumber } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { APPLY } from "../members.ts";
import { tidyNow } from "../scope.ts";
import type { Tensor } from "../tensor.ts";

/** Refuses what is not bool. */
export function checkMask(mask: Tensor, operation: string): void {
  if (mask.dtype === "bool") return;
  throw new DTypeError(
    `Cannot ${operation} as the mask must be bool: got ${mask.dtype}, compare it such as with mask.ne(0)`,
  );
}

/** See `Tensor.maskedFill`. */
export function fillMasked(
  x: Tensor,
  mask: Tensor,
  value: Tensor | number,
): Tensor {
  checkMask(mask, "maskedFill");
  if (typeof value !== "number") {
    return tidyNow(() =>
      mask[APPLY]({ name: "where" }, value.cast(x.dtype), x)
    );
  }
  const operands = [null, castNumber(x.dtype, value), null];
  const fill = (): Tensor => mask[APPLY]({ name: "where", operands }, x);
  // Beside bools a number is int32.
  return x.dtype === "bool" ? tidyNow(() => fill().cast("bool")) : fill();
}
