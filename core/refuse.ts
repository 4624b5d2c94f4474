/**
 * Refusals that depend on values.
 *
 * @module
 */
import { VALUE } from "./members.ts";
import { noGradNow } from "./autograd/mode.ts";
import type { CountedError } from "./device.ts";
import { tidyNow } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Refuses values that an operation cannot take: throws where a count of refused values
 * is not 0. Devices that are read without waiting throw at once; on others
 * (webgpu) the error comes out of the next read of any of their tensors.
 *
 * @param operation The operation; counts of one that wait are added up.
 * @param count Counts the refused values in a 0-d tensor; nothing is recorded.
 * @param error Makes the error from their number.
 * @example No negative lengths
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { refuseValues } from "@tenfold/core/internal";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const lengths = tensor([1, -2, 3]);
 * assertThrows(
 *   () =>
 *     refuseValues(
 *       "measure",
 *       () => lengths.lt(0).sum(),
 *       (count) => new RangeError(`Cannot measure ${count} negative lengths`),
 *     ),
 *   RangeError,
 *   "1 negative",
 * );
 * ```
 */
export function refuseValues(
  operation: string,
  count: () => Tensor,
  error: CountedError,
): void {
  noGradNow(() =>
    tidyNow(() => {
      const refused = count();
      refused.device.refuse(operation, refused[VALUE], error);
    })
  );
}
