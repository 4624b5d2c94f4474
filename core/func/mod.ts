/**
 * Transforms of functions: derivatives in both modes, and functions of one
 * example as functions of a batch. They nest in each other, in any order, and in
 * `grad`, and run on every backend.
 *
 * @example The curvature of a loss along its gradient
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { hvp, vjp } from "@tenfold/core/func";
 * import { tensor } from "@tenfold/tenfold";
 * import type { Tensor } from "@tenfold/tenfold";
 *
 * const loss = (x: Tensor) => x.square().sum();
 * const x = tensor([1, 2]);
 * const [, gradient] = vjp(loss, x);
 * const [, product] = hvp(loss, x, gradient);
 * assertEquals(await product.toArray(), [4, 8]);
 * ```
 *
 * @module
 */
export { type AnomalyDetection, detectAnomaly } from "./anomaly.ts";
export { autocast, type AutocastOptions } from "./autocast.ts";
export { checkpoint } from "./checkpoint.ts";
export {
  hessian,
  hvp,
  jacobian,
  type JacobianOptions,
  type PerInput,
  vjp,
} from "./derivatives.ts";
export { type Arguments, type Inputs, jvp } from "./jvp.ts";
export { type Randomness, vmap, type VmapOptions } from "./vmap.ts";
