/**
 * What the packages of Tenfold share among themselves. Not for programs: names
 * change here without notice.
 *
 * @module
 */
export { gated, type GradientRule } from "./autograd/gate.ts";
export { noGradNow } from "./autograd/mode.ts";
export {
  type Edge,
  type GradientOwner,
  type LateGradients,
  lateGradients,
  type Saved,
  type TapeNode,
} from "./autograd/node.ts";
export { type RowGradient, selectRows } from "./autograd/row_gradients.ts";
export { checkHook, handleOf } from "./autograd/tensor_hooks.ts";
export { castingOf } from "./casting.ts";
export { deviceFor } from "./creation.ts";
export { type DisplayTools, loadDisplay } from "./display/load.ts";
export type { ImageOptions, Pixels } from "./display/images.ts";
export { showAs } from "./show_as.ts";
export { showShape } from "./errors.ts";
export { dtypeOfArray, toElements } from "./host_data.ts";
export * from "./members.ts";
export type { ElementwiseMeta } from "./ops/elementwise_kernel.ts";
export type { FormulaMeta } from "./ops/formula.ts";
export { loadRoutines } from "./late_routines.ts";
export { type Layering, layering } from "./layering.ts";
export { infer } from "./ops/table.ts";
export * from "./options.ts";
export {
  currentHooks as currentRecording,
  type Observer,
  observeRecordings,
  type RecordingHooks,
  structureChanged,
} from "./program/hooks.ts";
export { nextKey } from "./random_state.ts";
export { refuseValues } from "./refuse.ts";
export {
  backendFromEnvironment,
  environmentVariable,
  openDevice,
} from "./registry.ts";
export { integerPower, power } from "./expr/scalar.ts";
export { knowingNew, releasePassed, tidyNow, unscopedNow } from "./scope.ts";
export { roundHalfEven } from "./expr/special.ts";
export { currentTask, Task } from "./task.ts";
export { apply, checkTensor, tensorClass, wrapValue } from "./tensor.ts";
export { Turn } from "./turn.ts";
export { applyWindows } from "./windows.ts";
