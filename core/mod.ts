/**
 * Tensors, automatic differentiation, scopes, random numbers and devices.
 *
 * What authors of backends need besides (kernels, expressions, primitives) is
 * in `@tenfold/core/backend`, and compiled steps are in `@tenfold/core/compile`,
 * so that who does not compile does not load them.
 *
 * @module
 */
export {
  autogradFunction,
  type FunctionContext,
  type FunctionDefinition,
  type FunctionOutput,
  type OutputGradients,
} from "./autograd/custom.ts";
export { gradcheck, type GradcheckOptions } from "./autograd/gradcheck.ts";
export {
  enableGrad,
  isRecording as isGradEnabled,
  type ModeSwitch,
  noGrad,
} from "./autograd/mode.ts";
export {
  afterBackward,
  type LeafHook,
  type LeafHookHandle,
  registerLeafHook,
} from "./autograd/leaf_hooks.ts";
export type { HookHandle, TensorHook } from "./autograd/tensor_hooks.ts";
export type { Backend } from "./backend.ts";
export { einsum } from "./compose/einsum.ts";
export type { IndexSpec, SliceSpec } from "./compose/index.ts";
export {
  arange,
  type DTypeOf,
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
export {
  accumulator,
  arg,
  backendFromEnvironment,
  broadcastShapes,
  call,
  castExpr,
  constant,
  deviceFor,
  erf,
  erfc,
  indexAlong,
  operandsOf,
  parseOptions,
  scalar,
  showShape,
  showValue,
  sizeOf,
  threefry,
  topological,
  updateInPlace,
  usesIndex,
} from "./deprecated.ts";
export type { Device } from "./device.ts";
export {
  type AnyDType,
  type DType,
  type DTypeRows,
  type ElementOf,
  type FloatDType,
  type FloatOf,
  type HalfArray,
  type HalfArrayLike,
  isFloating,
  type KnownDType,
  type NumberBeside,
  type NumberOf,
  type Promote,
  promote,
  type TypedArray,
} from "./dtype.ts";
export {
  CompileError,
  DeviceError,
  DTypeError,
  GradientError,
  IndexError,
  OutOfMemoryError,
  OverlapError,
  ReleasedError,
  ShapeError,
} from "./errors.ts";
export { cat, stack, where } from "./functions.ts";
export {
  fused,
  type FusedArguments,
  type FusedExpression,
  type FusedFunction,
  type FusedInput,
  type FusedInputs,
  type FusedOptions,
  type FusedScalar,
  type FusedScalars,
  type FusedSumOptions,
  type FusedValue,
  type FusedValues,
} from "./fused.ts";
export type { NumberArray } from "./host_data.ts";
export type { Nested, NestedNumbers } from "./print.ts";
export type {
  Compiled,
  CompileOptions,
  CompileStats,
} from "./program/compile.ts";
export {
  bernoulli,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  randperm,
} from "./random.ts";
export {
  getRandomState,
  manualSeed,
  type RandomState,
  setRandomState,
} from "./random_state.ts";
export {
  type BackendStatus,
  currentBackend,
  currentDevice,
  listBackends,
  type OpenBackend,
  probeBackends,
  registerBackend,
  setBackend,
} from "./registry.ts";
export type { MemoryPlace } from "./report.ts";
export {
  type Float32Precision,
  float32Precision,
  setFloat32Precision,
} from "./precision.ts";
export {
  type Scope,
  scope,
  type Scoped,
  type ScopeKind,
  tidy,
  unscoped,
} from "./scope.ts";
export type { Several } from "./several.ts";
export type { Shape } from "./shape.ts";
export { memory, type MemoryOptions, type MemoryUse } from "./storage.ts";
export { grad, type Gradients, type GradOptions } from "./autograd/grad.ts";
export {
  type Alpha,
  type Dims,
  type Extremes,
  type KeepDim,
  Tensor,
  type TensorLike,
} from "./tensor.ts";
