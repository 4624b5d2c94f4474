/**
 * Folding in WGSL: identities, combinations, and the tree in which the
 * invocations of a workgroup fold their values.
 *
 * @module
 */
import type { Combine } from "@tenfold/core";
import { VALUE_TYPE } from "../wgsl/scalar.ts";

/** The dtypes that values are folded in. */
export type FoldDType = "float32" | "int32";

/** What an empty fold gives. */
export function identity(combine: Combine, dtype: FoldDType): string {
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

/** Two values folded. */
export function fold(
  combine: Combine,
  dtype: FoldDType,
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

/** The memory that {@linkcode foldShared} needs, outside of functions. */
export function sharedFor(
  name: string,
  dtype: FoldDType,
  size: number,
): string {
  return `var<workgroup> ${name}: array<${VALUE_TYPE[dtype]}, ${size}>;`;
}

/** Statements that fold `value` of all invocations; `name[0]` has it then. */
export function foldShared(
  name: string,
  value: string,
  combine: Combine,
  dtype: FoldDType,
  size: number,
): string[] {
  return [
    `${name}[lane] = ${value};`,
    "workgroupBarrier();",
    `for (var half = ${size / 2}u; half > 0u; half >>= 1u) {`,
    "if (lane < half) {",
    `${name}[lane] = ${
      fold(combine, dtype, `${name}[lane]`, `${name}[lane + half]`)
    };`,
    "}",
    "workgroupBarrier();",
    "}",
  ];
}
