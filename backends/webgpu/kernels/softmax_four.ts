/**
 * Softmax and its logarithm along rows that are read and written four elements
 * at a time: by one invocation, or by a workgroup whose invocations keep their
 * part of the row in registers.
 *
 * @module
 */
import type { ProgramSource } from "../device/program.ts";
import { type GpuDType, gpuOf, loadedFour, stored } from "../wgsl/dtype.ts";
import {
  reduceShared,
  sharedMemory,
  sharedTotal,
  type Together,
} from "./accumulator.ts";
import {
  eachInvocation,
  mainTogether,
  range,
  workgroupNumber,
} from "./loop.ts";
import type { RowLayout } from "./rows.ts";
import { addToRunningSum, RUNNING_SUM } from "./running_sum.ts";

/** Reads of four that one invocation begins together. */
const AHEAD = 2;
/** The most reads of four that an invocation keeps. */
export const MAX_HELD = 8;

const LANES = [0, 1, 2, 3];
/** What is written where `x` was. */
function resultOf(name: string, x: string): string {
  return name === "softmax"
    ? `tf_exp(${x} - top) / sum`
    : `(${x} - top) - log_sum`;
}

function sourceOf(
  name: "softmax" | "logSoftmax",
  dtype: GpuDType,
  words: number,
  code: ProgramSource["code"],
): ProgramSource {
  const type = `vec4<${gpuOf(dtype).memory}>`;
  return {
    label: name,
    operands: [{ type, writes: true }, { type }],
    words,
    code,
  };
}

/** Four elements of one dtype to write, out of what is computed. */
function quadOf(dtype: GpuDType, value: (lane: number) => string): string {
  const values = LANES.map((lane) => stored(dtype, value(lane)));
  return `vec4<${gpuOf(dtype).memory}>(${values.join(", ")})`;
}

/** One invocation a row. */
export function renderRowFour(
  name: "softmax" | "logSoftmax",
  layout: RowLayout,
  dtype: GpuDType,
  size: number,
): ProgramSource {
  return sourceOf(name, dtype, layout.params.words, ([out, x]) =>
    [
      ...eachInvocation(size),
      `if (t < ${layout.rows}) {`,
      ...layout.begin("t"),
      `let quads = ${layout.n} / 4;`,
      ...RUNNING_SUM,
      `for (var q = 0; q < quads; q += ${AHEAD}) {`,
      ...range(AHEAD).map((i) =>
        `let x${i} = ${
          loadedFour(dtype, `${x}[(at1 >> 2u) + min(q + ${i}, quads - 1)]`)
        };`
      ),
      ...addToRunningSum(
        range(AHEAD).flatMap((i) =>
          LANES.map((lane) => ({
            x: `x${i}[${lane}]`,
            inside: i === 0 ? null : `q + ${i} < quads`,
          }))
        ),
      ),
      "}",
      ...name === "softmax" ? [] : ["let log_sum = tf_log(sum);"],
      "for (var q = 0; q < quads; q++) {",
      `let x = ${loadedFour(dtype, `${x}[(at1 >> 2u) + q]`)};`,
      `${out}[(at0 >> 2u) + q] = ${
        quadOf(dtype, (i) => resultOf(name, `x[${i}]`))
      };`,
      "}",
      "}",
      "}",
    ].join("\n"));
}

/** A workgroup a row, of which each invocation keeps `held` reads of four. */
export function renderHeldFour(
  name: "softmax" | "logSoftmax",
  layout: RowLayout,
  dtype: GpuDType,
  together: Together,
  held: number,
): ProgramSource {
  const { size } = together;
  const inside = (i: number) => `i32(lane) + ${i * size} < quads`;
  const at = (operand: number, i: number) =>
    `(at${operand} >> 2u) + i32(lane) + ${i * size}`;
  return sourceOf(name, dtype, layout.params.words, ([out, x]) =>
    [
      sharedMemory("tops", "float32", together),
      sharedMemory("sums", "float32", together),
      mainTogether(together),
      `let t = ${workgroupNumber()};`,
      `if (t >= ${layout.rows}) {`,
      "return;",
      "}",
      ...layout.begin("t"),
      `let quads = ${layout.n} / 4;`,
      "var my_top = tf_neg(tf_inf());",
      ...range(held).flatMap((i) => [
        `var x${i} = vec4<f32>();`,
        `if (${inside(i)}) {`,
        `x${i} = ${loadedFour(dtype, `${x}[${at(1, i)}]`)};`,
        ...LANES.map((l) => `my_top = tf_max(my_top, x${i}[${l}]);`),
        "}",
      ]),
      ...reduceShared("tops", "my_top", "max", "float32", together),
      ...sharedTotal("tops", "top", "max", "float32", together),
      "var my_sum = 0.0f;",
      ...range(held).flatMap((i) => [
        `if (${inside(i)}) {`,
        ...name === "softmax"
          ? [
            ...LANES.map((l) => `x${i}[${l}] = tf_exp(x${i}[${l}] - top);`),
            `my_sum += (x${i}[0] + x${i}[1]) + (x${i}[2] + x${i}[3]);`,
          ]
          : LANES.map((l) => `my_sum += tf_exp(x${i}[${l}] - top);`),
        "}",
      ]),
      ...reduceShared("sums", "my_sum", "sum", "float32", together),
      ...sharedTotal("sums", "sum", "sum", "float32", together),
      ...name === "softmax" ? [] : ["let log_sum = tf_log(sum);"],
      ...range(held).flatMap((i) => [
        `if (${inside(i)}) {`,
        `${out}[${at(0, i)}] = ${
          quadOf(dtype, (l) =>
            name === "softmax"
              ? `x${i}[${l}] / sum`
              : resultOf(name, `x${i}[${l}]`))
        };`,
        "}",
      ]),
      "}",
    ].join("\n"));
}
