/**
 * The reference of each primitive in float64: slow, plain code over lists of
 * numbers, with which every backend is compared.
 *
 * @example Two terms of a sum
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { reference } from "@tenfold/backends/conformance/reference";
 *
 * const x = { shape: [2], dtype: "float32", data: [1, 2] } as const;
 * const [sum] = reference({ name: "sum", dims: [0], keepDim: false }, [x]);
 * assertEquals(sum?.data, [3]);
 * ```
 *
 * @module
 */
export { type Environment, evaluator } from "./ops/evaluate.ts";
export type { Meaning } from "./ops/spec.ts";
export {
  element,
  fit,
  flatIndex,
  generate,
  type Plain,
  positions,
} from "./ops/plain.ts";
export { reference } from "./ops/table.ts";
