/**
 * Parameters before their first values.
 *
 * @module
 */
import { full, type Shape, type TensorOptions } from "@tenfold/core";
import { unscopedNow } from "@tenfold/core/internal";
import { Buffer, Parameter } from "./parameter.ts";

/** A parameter filled with one value. */
export function emptyParameter(
  shape: Shape,
  options: TensorOptions,
  value = 0,
): Parameter {
  const start = unscopedNow(() => full(shape, value, options));
  const parameter = new Parameter(start);
  start.dispose();
  return parameter;
}

/** A buffer filled with one value. */
export function emptyBuffer(
  shape: Shape,
  options: TensorOptions,
  value = 0,
): Buffer {
  const start = unscopedNow(() => full(shape, value, options));
  const buffer = new Buffer(start);
  start.dispose();
  return buffer;
}
