/**
 * From what a file held to a tensor.
 *
 * @module
 */
import {
  type Backend,
  type Device,
  type FloatDType,
  type Tensor,
  tensor,
} from "@tenfold/core";
import { deviceFor } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import type { AnyTypedArray } from "./_bytes.ts";
import { type ElementType, tensorValues } from "./_element.ts";

/**
 * The device of a tensor.
 *
 * @example A data set on another backend
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.DeviceOption = { device: "cpu-typedarray" };
 * const iris = await data.loadIris(options);
 * assertEquals(iris.data.device.name, "cpu-typedarray");
 * ```
 */
export interface DeviceOption {
  /**
   * The name of a backend, a backend, or a device.
   *
   * @default {the current backend}
   */
  readonly device?: string | Backend | Device;
}

/**
 * Options for tensors that are read from a file.
 *
 * @example Weights in half precision
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const file = data.serializeNpy({
 *   type: "float32",
 *   shape: [2],
 *   data: Float32Array.of(1, 2),
 * });
 * const options: data.TensorReadOptions = { dtype: "float16" };
 * assertEquals((await data.readNpy(file, options)).dtype, "float16");
 * ```
 */
export interface TensorReadOptions extends DeviceOption {
  /**
   * The dtype of floats, whatever their dtype in the file: `"float32"` to
   * compute with weights that were saved as float16, `"float16"` to store
   * float32 weights in half the bytes.
   *
   * @default {the dtype in the file if it is float16, float32 or float64 and
   * the device supports it; else float32}
   */
  readonly dtype?: FloatDType;
}

/**
 * The schema of a `device` option.
 *
 * @example A field of an option schema
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { deviceOption } from "@tenfold/data/internal";
 * import * as z from "zod/mini";
 *
 * const schema = z.strictObject({ device: deviceOption });
 * assertEquals(z.parse(schema, { device: "webgpu" }), { device: "webgpu" });
 * ```
 */
export const deviceOption: z.ZodMiniExactOptional<
  z.ZodMiniType<NonNullable<DeviceOption["device"]>>
> = z.exactOptional(z.custom<NonNullable<DeviceOption["device"]>>(
  (value) =>
    typeof value === "string" || (typeof value === "object" && value !== null),
  "must be the name of a backend, a backend or a device",
));

/** The schemas of the options of {@linkcode TensorReadOptions}. */
export const readFields: {
  readonly device: typeof deviceOption;
  readonly dtype: z.ZodMiniExactOptional<z.ZodMiniType<FloatDType>>;
} = {
  device: deviceOption,
  dtype: z.exactOptional(z.enum(
    ["float16", "float32", "float64"],
    'must be "float16", "float32" or "float64"',
  )),
};

/** A tensor of elements that a file held. */
export function toTensor(
  elements: AnyTypedArray,
  type: ElementType,
  shape: readonly number[],
  what: string,
  options: TensorReadOptions,
): Tensor {
  const device = deviceFor(options);
  const { dtypes } = device.backend;
  const wanted = options.dtype;
  const { values, dtype } = tensorValues(elements, type, dtypes, what, wanted);
  return tensor(values, { shape, dtype, device });
}
