/**
 * The kernels over windows, convolutions and max pooling, which only programs
 * that use them load.
 *
 * @module
 */
import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Engine } from "../engine.ts";
import { compileConv2d } from "./conv2d.ts";
import { compileMaxPool2d } from "./max_pool2d.ts";

/** Compiles a routine; null for dtypes that it does not have. */
type Compile = (engine: Engine, kernel: RoutineKernel) => Launch | null;

/** What compiles the routines over windows. */
export interface WindowKernels {
  readonly conv2d: Compile;
  readonly maxPool2d: Compile;
}

/** All of them. */
export const WINDOW_KERNELS: WindowKernels = {
  conv2d: compileConv2d,
  maxPool2d: compileMaxPool2d,
};
