/**
 * For authors of backends: the interface that a backend implements, the kernels
 * that it prepares, the expressions in them, and the primitives they come from.
 *
 * @module
 */
export type { Backend } from "./backend.ts";
export { type CountedError, EagerDevice } from "./device.ts";
export {
  castNumber,
  type ComputeDType,
  computeDType,
  DTYPE_NAMES,
  type DTypeFacts,
  DTYPES,
  floatOf,
  HOST_DTYPES,
  numberOf,
} from "./dtype.ts";
export * from "./expr/expr.ts";
export { expr, type Operand } from "./expr/language.ts";
export * from "./kernel.ts";
export type * from "./op.ts";
export { ELEMENTWISE, type ElementwiseName } from "./ops/elementwise.ts";
export { addLinalg } from "./ops/linalg.ts";
export {
  type Algorithm,
  ALGORITHMS as LINALG_ALGORITHMS,
  type Extents,
} from "./ops/linalg_algorithms.ts";
export type { DTypeRule, Elementwise } from "./ops/elementwise_kernel.ts";
export {
  SCALAR_FUNCTIONS,
  type ScalarFacts,
  type ScalarFunction,
} from "./expr/scalar.ts";
export { broadcastShapes, sizeOf } from "./shape.ts";
export { erf, erfc } from "./expr/special.ts";
export type { Storage } from "./storage.ts";
export { updateInPlace } from "./tensor.ts";
export {
  threefry,
  THREEFRY_PARITY,
  THREEFRY_ROTATIONS,
  THREEFRY_ROUNDS,
} from "./expr/threefry.ts";
export { Value } from "./value.ts";
export { View } from "./view.ts";
export { addWindows } from "./windows.ts";
