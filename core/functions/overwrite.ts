import { noGradNow } from "../autograd/mode.ts";
import { tidyNow } from "../scope.ts";
import { type Tensor, updateInPlace } from "../tensor.ts";
import { checkFits, overwriting } from "../update.ts";

/** Writes what is computed from a tensor into it. */
export function overwrite<T extends Tensor>(
  label: string,
  x: T,
  compute: () => Tensor,
): T {
  tidyNow(() => {
    const found = noGradNow(compute);
    checkFits(label, x.dtype, found.dtype);
    updateInPlace(overwriting(label, x.dtype, found.dtype), [x], [found], []);
  });
  return x;
}
