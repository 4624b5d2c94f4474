/**
 * The routines by name.
 *
 * @module
 */
import type { Launch, RoutineKernel, RoutineName } from "@tenfold/core/backend";
import { prepareArg } from "./arg.ts";
import { prepareConv2d } from "./conv2d.ts";
import { CUMULATIVE } from "./cumulative.ts";
import { prepareGather } from "./gather.ts";
import { prepareMatmul } from "./matmul.ts";
import { prepareMaxPool2d } from "./max_pool2d.ts";
import { SCATTER } from "./scatter.ts";
import { prepareSoftmax } from "./softmax.ts";
import { prepareSort } from "./sort.ts";

/** Prepares a routine for the dtypes of its operands. */
type Prepare = (kernel: RoutineKernel) => Launch;

/** Core puts quantised layers together out of others, and computes the others itself. */
type OwnName = Exclude<
  RoutineName,
  "linalg" | "lines" | "linearInt8" | "dotsInt8"
>;

const ROUTINES: { readonly [N in OwnName]: Prepare } = {
  matmul: prepareMatmul,
  gather: prepareGather,
  ...SCATTER,
  argmax: prepareArg,
  argmin: prepareArg,
  sort: prepareSort,
  ...CUMULATIVE,
  softmax: prepareSoftmax,
  logSoftmax: prepareSoftmax,
  conv2d: prepareConv2d,
  maxPool2d: prepareMaxPool2d,
};

/** The function that runs a routine; null for one that is not known here. */
export function prepareRoutine(kernel: RoutineKernel): Launch | null {
  return Object.hasOwn(ROUTINES, kernel.name)
    ? ROUTINES[kernel.name as OwnName](kernel)
    : null;
}
