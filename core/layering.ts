/**
 * How operations on tensors learn of transforms of functions (`vmap`, `jvp`),
 * whose tensors live on devices of their own. Null while there is none.
 *
 * @module
 */
import type { Device } from "./device.ts";
import type { Op } from "./op.ts";
import type { Tensor } from "./tensor.ts";
import type { Value } from "./value.ts";

/**
 * What transforms answer.
 *
 * @example Where numbers are drawn
 * ```ts
 * import type { Device } from "@tenfold/tenfold";
 * import type { Op } from "@tenfold/core/backend";
 * import type { Layering } from "@tenfold/core/internal";
 *
 * function deviceOf(transforms: Layering, op: Op, device: Device): Device {
 *   return transforms.deviceOf(op, device);
 * }
 * ```
 */
export interface Layering {
  /** Where an operation without inputs runs that was to run on `device`. */
  deviceOf(op: Op, device: Device): Device;
  /** Where a value lives that stands beside something on `device`. */
  homeOf(value: Value, device: Device): Device;
  /**
   * Applies an operation to tensors of several devices; null where no transform
   * is among them.
   */
  lift(op: Op, inputs: readonly Tensor[]): Tensor[] | null;
}

/**
 * What the transforms answer that are in force.
 *
 * @example Whether transforms are in force
 * ```ts
 * import { layering } from "@tenfold/core/internal";
 *
 * const transforms = layering !== null;
 * ```
 */
export let layering: Layering | null = null;

/** Puts transforms in force, or none. */
export function setLayering(next: Layering | null): void {
  layering = next;
}
