/**
 * What the tests of convolution and pooling share.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  DTYPES,
  EagerDevice,
  type Op,
  Value,
  type View,
} from "@tenfold/core/backend";
import { type Plain, reference } from "../../conformance/reference.ts";
import { wasmSimd } from "../whole.ts";

/** Where the tests run: one thread. */
export const device: EagerDevice = new EagerDevice(wasmSimd({ threads: 1 }));

/** An operand on the device. */
export function upload(
  data: readonly number[],
  shape: readonly number[],
  dtype: DType = "float32",
  view: (whole: View) => View = (whole) => whole,
  on: EagerDevice = device,
): Value {
  const memory = DTYPES[dtype].allocate(data.length);
  memory.set(data);
  const whole = on.upload(memory, shape, dtype);
  return new Value(whole.storage, view(whole.view));
}

/** What the device says, and what the reference says. */
export function bothOf(
  op: Op,
  inputs: readonly Value[],
): [found: number[][], expected: (readonly number[])[]] {
  const plains: Plain[] = inputs.map((value) => ({
    shape: value.shape,
    dtype: value.dtype,
    data: [...device.readSync(value)],
  }));
  const results = device.apply(op, inputs);
  const found = results.map((value) => [...device.readSync(value)]);
  for (const value of [...results, ...inputs]) value.release();
  return [found, reference(op, plains).map(({ data }) => data)];
}
