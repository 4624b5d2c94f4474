/**
 * The primitives over windows, convolutions and max pooling, which come with
 * the function that applies them: who uses none of them does not load them.
 *
 * @module
 */
import { withRoutines } from "./late_routines.ts";
import { APPLY } from "./members.ts";
import type { Op, WindowOp } from "./op.ts";
import { convolutions } from "./ops/convolve.ts";
import { pooling } from "./ops/pool.ts";
import { addPrimitives, type Rows } from "./ops/table.ts";
import type { Tensor } from "./tensor.ts";

const windows = /* @__PURE__ */ withRoutines(["conv2d", "maxPool2d"], {
  added: false,
});

/**
 * Lets devices run convolutions and max pooling, by name as all others.
 *
 * @example Before a device runs convolutions by itself
 * ```ts
 * import { addWindows } from "@tenfold/core/backend";
 *
 * addWindows();
 * ```
 */
export function addWindows(): void {
  if (windows.added) return;
  windows.added = true;
  const rows: Rows<WindowOp["name"]> = { ...convolutions(), ...pooling() };
  addPrimitives(rows);
}

/**
 * Applies a primitive, such as one over windows, to `x` and what else it
 * takes.
 *
 * @example A largest element
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { applyWindows } from "@tenfold/core/internal";
 *
 * const op = {
 *   name: "maxPool2d",
 *   size: [2, 2],
 *   stride: [2, 2],
 *   padding: [0, 0],
 *   dilation: [1, 1],
 *   ceil: false,
 * } as const;
 * const y = applyWindows(op, tensor([[[[1, 2], [3, 4]]]]));
 * assertEquals(await y.item(), 4);
 * ```
 */
export function applyWindows(
  op: Op,
  x: Tensor,
  ...others: Tensor[]
): Tensor {
  addWindows();
  // Tensors take none over windows by themselves, as it might not be there.
  return x[APPLY](op as Exclude<Op, WindowOp>, ...others);
}
