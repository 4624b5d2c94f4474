/**
 * Accumulators in WGSL: identities, combining functions, and the tree reduction
 * over the invocations of a workgroup.
 *
 * @module
 */
import type { Combine } from "@tenfold/core/backend";
import type { Profile } from "../device/profile.ts";
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

/** How the invocations of a workgroup combine what each has found. */
export interface Together {
  /** Invocations of a workgroup. */
  readonly size: number;
  /** Whether those of a subgroup combine theirs at once. */
  readonly subgroups: boolean;
}

/** How they do on a device. */
export function togetherOn({ subgroups, workgroup }: Profile): Together {
  return { size: workgroup, subgroups };
}

/** Declares the workgroup memory that {@linkcode reduceShared} needs. */
export function sharedMemory(
  name: string,
  dtype: AccumulatorDType,
  { size }: Together,
): string {
  return `var<workgroup> ${name}: array<${gpuOf(dtype).value}, ${size}>;`;
}

/** The value of all invocations of a subgroup, combined. */
function subgroupOf(
  combine: Combine,
  dtype: AccumulatorDType,
  value: string,
): string {
  switch (combine) {
    case "sum":
      return `subgroupAdd(${value})`;
    case "prod":
      return `subgroupMul(${value})`;
    case "max":
    case "min": {
      const fn = dtype === "float32"
        ? `tf_subgroup_${combine}`
        : combine === "max"
        ? "subgroupMax"
        : "subgroupMin";
      return `${fn}(${value})`;
    }
  }
}

/**
 * Statements that reduce `value` over all invocations into `name`, out of which
 * {@linkcode sharedTotal} takes the result. How many subgroups there are, and
 * how large each is, the device says as they run.
 */
export function reduceShared(
  name: string,
  value: string,
  combine: Combine,
  dtype: AccumulatorDType,
  { size, subgroups }: Together,
): string[] {
  if (subgroups) {
    return [
      `let ${name}_own = ${subgroupOf(combine, dtype, value)};`,
      "if (sub_lane == 0u) {",
      `${name}[subgroup] = ${name}_own;`,
      "}",
      "workgroupBarrier();",
    ];
  }
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

/** Statements by which an invocation knows the result of all as `total`. */
export function sharedTotal(
  name: string,
  total: string,
  combine: Combine,
  dtype: AccumulatorDType,
  { subgroups }: Together,
): string[] {
  if (!subgroups) return [`let ${total} = ${name}[0];`];
  return [
    `var ${total} = ${name}[0];`,
    "for (var i = 1u; i < subgroups; i++) {",
    `${total} = ${accumulate(combine, dtype, total, `${name}[i]`)};`,
    "}",
  ];
}
