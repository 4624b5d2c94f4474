/**
 * Tensors, autograd, scopes, random numbers, devices, and the interface that
 * backends implement.
 *
 * @module
 */
export * from "./autograd/custom.ts";
export * from "./autograd/gradcheck.ts";
export {
  enableGrad,
  isRecording as isGradEnabled,
  type ModeSwitch,
  noGrad,
  noGradNow,
} from "./autograd/mode.ts";
export type { Edge, GradientOwner, Saved, TapeNode } from "./autograd/node.ts";
export type { Backend } from "./backend.ts";
export { einsum } from "./compose/einsum.ts";
export type { IndexSpec, SliceSpec } from "./compose/index.ts";
export {
  arange,
  deviceFor,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  tensor,
  type TensorData,
  type TensorOptions,
  zeros,
  zerosLike,
} from "./creation.ts";
export { type Device, EagerDevice, type FaultError } from "./device.ts";
export {
  castNumber,
  type DType,
  type DTypeFacts,
  DTYPES,
  floatOf,
  isFloating,
  numberOf,
  promote,
  type TypedArray,
} from "./dtype.ts";
export {
  type DTypeRule,
  ELEMENTWISE,
  type Elementwise,
  type ElementwiseName,
} from "./elementwise.ts";
export * from "./errors.ts";
export * from "./expr.ts";
export * from "./functions.ts";
export * from "./fused.ts";
export {
  dtypeOfArray,
  type HalfArray,
  type NumberArray,
  toElements,
} from "./host_data.ts";
export * from "./kernel.ts";
export type * from "./op.ts";
export * from "./options.ts";
export {
  compile,
  type Compiled,
  type CompileOptions,
  type CompileStats,
} from "./program/compile.ts";
export {
  currentHooks as currentRecording,
  observeRecordings,
  type RecordingHooks,
  structureChanged,
} from "./program/hooks.ts";
export type { NestedNumbers } from "./print.ts";
export * from "./random.ts";
export {
  getRandomState,
  manualSeed,
  type RandomState,
  setRandomState,
} from "./random_state.ts";
export {
  backendFromEnvironment,
  type BackendStatus,
  currentBackend,
  currentDevice,
  listBackends,
  type OpenBackend,
  probeBackends,
  registerBackend,
  setBackend,
} from "./registry.ts";
export {
  SCALAR_FUNCTIONS,
  type ScalarFacts,
  type ScalarFunction,
} from "./scalar.ts";
export { refuseFaults } from "./refuse.ts";
export {
  knowingNew,
  releasePassed,
  type Scope,
  scope,
  type Scoped,
  type ScopeKind,
  tidy,
  tidyNow,
  unscoped,
  unscopedNow,
} from "./scope.ts";
export { broadcastShapes, type Shape, sizeOf } from "./shape.ts";
export { erf, erfc } from "./special.ts";
export type { MemoryPlace } from "./report.ts";
export {
  memory,
  type MemoryOptions,
  type MemoryUse,
  type Storage,
} from "./storage.ts";
export { currentTask, Task } from "./task.ts";
export {
  type Dims,
  grad,
  type GradOptions,
  type KeepDim,
  Tensor,
  type TensorLike,
  updateInPlace,
} from "./tensor.ts";
export {
  threefry,
  THREEFRY_PARITY,
  THREEFRY_ROTATIONS,
  THREEFRY_ROUNDS,
} from "./threefry.ts";
export { Turn } from "./turn.ts";
export { Value } from "./value.ts";
export { View } from "./view.ts";
