/**
 * Accumulators in WGSL: identities, combining functions, and the tree reduction
 * over the invocations of a workgroup.
 *
 * @module
 */
import type { Combine } from "@tenfold/core/backend";
import { gpuOf } from "../wgsl/dtype.ts";

/** The dtypes of accumulators. */
export type AccumulatorDType = "float32" | "int32";

/** The identity element: the result of an empty reduction. */
export function identity(combine: Combine, dtype: AccumulatorDType): string {
  const float = dtype === "float32";
  switch (combine) {
    case "sum":
      return float ? "0.0f" : "0i";
    case "prod":
      return float ? "1.0f" : "1i";
    case "max":
      return float ? "tf_neg(tf_inf())" : "i32(-2147483648)";
    case "min":
      return float ? "tf_inf()" : "2147483647i";
  }
}

/** Combines two accumulators. */
export function accumulate(
  combine: Combine,
  dtype: AccumulatorDType,
  a: string,
  b: string,
): string {
  switch (combine) {
    case "sum":
      return `${a} + ${b}`;
    case "prod":
      return `${a} * ${b}`;
    case "max":
    case "min":
      return dtype === "float32"
        ? `tf_${combine}(${a}, ${b})`
        : `${combine}(${a}, ${b})`;
  }
}

/**
 * The statement that combines values with an accumulator, the values as a tree:
 * none waits for all others, and sums keep more digits.
 */
export function accumulateInto(
  combine: Combine,
  dtype: AccumulatorDType,
  target: string,
  values: readonly string[],
): string {
  let level = values;
  while (level.length > 1) {
    level = level.flatMap((value, i) =>
      i % 2 > 0
        ? []
        : i + 1 < level.length
        ? [`(${accumulate(combine, dtype, value, level[i + 1]!)})`]
        : [value]
    );
  }
  return `${target} = ${accumulate(combine, dtype, target, level[0]!)};`;
}

/** Declares the workgroup memory that {@linkcode reduceShared} needs. */
export function sharedMemory(
  name: string,
  dtype: AccumulatorDType,
  size: number,
): string {
  return `var<workgroup> ${name}: array<${gpuOf(dtype).value}, ${size}>;`;
}

/** Statements that reduce `value` over all invocations into `name[0]`. */
export function reduceShared(
  name: string,
  value: string,
  combine: Combine,
  dtype: AccumulatorDType,
  size: number,
): string[] {
  return [
    `${name}[lane] = ${value};`,
    "workgroupBarrier();",
    `for (var half = ${size / 2}u; half > 0u; half >>= 1u) {`,
    "if (lane < half) {",
    `${name}[lane] = ${
      accumulate(combine, dtype, `${name}[lane]`, `${name}[lane + half]`)
    };`,
    "}",
    "workgroupBarrier();",
    "}",
  ];
}
