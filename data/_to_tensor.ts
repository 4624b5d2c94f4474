/**
 * From what a file held to a tensor.
 *
 * @module
 */
import { type Backend, type Device, type Tensor, tensor } from "@tenfold/core";
import { deviceFor } from "@tenfold/core/internal";
import * as z from "zod/mini";
import type { AnyTypedArray } from "./_bytes.ts";
import { type ElementType, tensorValues } from "./_element.ts";

/** Where a tensor shall live. */
export interface DeviceOption {
  /**
   * A backend by name, a backend, or a device.
   *
   * @default {the current backend}
   */
  readonly device?: string | Backend | Device;
}

/** The schema of a `device` option. */
export const deviceOption: z.ZodMiniExactOptional<
  z.ZodMiniType<NonNullable<DeviceOption["device"]>>
> = z.exactOptional(z.custom<NonNullable<DeviceOption["device"]>>(
  (value) =>
    typeof value === "string" || (typeof value === "object" && value !== null),
  "must be the name of a backend, a backend or a device",
));

/** A tensor of elements that a file held. */
export function toTensor(
  elements: AnyTypedArray,
  type: ElementType,
  shape: readonly number[],
  what: string,
  options: DeviceOption,
): Tensor {
  const device = deviceFor(options);
  const { dtypes } = device.backend;
  const { values, dtype } = tensorValues(elements, type, dtypes, what);
  return tensor(values, { shape, dtype, device });
}
