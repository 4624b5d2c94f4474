/**
 * Softmax and its logarithm along rows: by one invocation, by a workgroup, or by
 * all of them.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Gpu } from "../device/gpu.ts";
import type { Program } from "../device/program.ts";
import { gpuOf, loaded, stored } from "../wgsl/dtype.ts";
import {
  reduceShared,
  sharedMemory,
  sharedTotal,
  togetherOn,
} from "./accumulator.ts";
import {
  eachInvocation,
  gridFor,
  mainTogether,
  range,
  spread,
  workgroupNumber,
} from "./loop.ts";
import {
  blocksOf,
  lengthOf,
  powerOfTwoAbove,
  readsFour,
  RowLayout,
  rowsOf,
} from "./rows.ts";
import { addToRunningSum, RUNNING_SUM } from "./running_sum.ts";
import { MAX_HELD, renderHeldFour, renderRowFour } from "./softmax_four.ts";
import {
  placementOf,
  prepareLongSoftmax,
  type RowPlacement,
} from "./softmax_long.ts";

/** Shorter rows have one invocation each. */
const MIN_WORKGROUP_ROW = 64;
/** Rows that are longer have a workgroup each. */
const MAX_WORKGROUP_ROW = 4096;
/** The shortest rows that are worth a shader for reads of four. */
const MIN_FOUR = 64;
/** Rows that are longer are shared by all. */
const MIN_DEVICE_ROW = 2 ** 18;

/** The fewest elements of rows side by side that are worth three shaders. */
const MIN_WIDE = 2 ** 14;

/** Numbers of a row that one invocation reads at a time. */
const AHEAD = 8;

/** Powers that are summed before their sum is added. */
const BLOCK = 32;

/**
 * Prepares `softmax` or `logSoftmax`, of float16 in float32; null for other
 * dtypes.
 */
export function prepareSoftmax(
  gpu: Gpu,
  kernel: RoutineKernel<DType>,
): Launch | null {
  const dtype = kernel.inputs[0];
  if (dtype !== "float32" && dtype !== "float16") return null;
  const together = togetherOn(gpu.profile);
  const { size } = together;
  const layout = new RowLayout(kernel.rank, 2);
  const type = gpuOf(dtype).memory;
  const operands = [{ type, writes: true }, { type }];
  const { words } = layout.params;
  const result = kernel.name === "softmax"
    ? "tf_exp(x - top) / sum"
    : "(x - top) - log_sum";
  const load = (x: string, j = "j") =>
    loaded(dtype, `${x}[${layout.at(1, j)}]`);
  const pass = (x: string, from: string, step: string, body: string) => [
    `for (var j = ${from}; j < ${layout.n}; j += ${step}) {`,
    `let x = ${load(x)};`,
    body,
    "}",
  ];
  // In blocks, so that the error does not grow with the length.
  const sumPowers = (x: string, sum: string, from: string, step: number) => [
    `for (var k = ${from}; k < ${layout.n}; k += ${step * BLOCK}) {`,
    `let end = min(k + ${step * BLOCK}, ${layout.n});`,
    "var part = 0.0f;",
    `for (var j = k; j < end; j += ${step}) {`,
    `part += tf_exp(${load(x)} - top);`,
    "}",
    `${sum} += part;`,
    "}",
  ];
  const write = (out: string) =>
    `${out}[${layout.at(0, "j")}] = ${stored(dtype, result)};`;
  const logarithm = kernel.name === "softmax"
    ? []
    : ["let log_sum = tf_log(sum);"];
  const ahead = range(AHEAD);
  const alone = gpu.newProgram({
    label: kernel.name,
    operands,
    words,
    code: ([out, x]) =>
      [
        ...eachInvocation(size),
        `if (t < ${layout.rows}) {`,
        ...layout.begin("t"),
        ...RUNNING_SUM,
        `for (var j = 0; j < ${layout.n}; j += ${AHEAD}) {`,
        ...ahead.map((i) =>
          `let x${i} = ${load(x!, `min(j + ${i}, ${layout.n} - 1)`)};`
        ),
        ...addToRunningSum(ahead.map((i) => ({
          x: `x${i}`,
          inside: i === 0 ? null : `j + ${i} < ${layout.n}`,
        }))),
        "}",
        ...logarithm,
        ...pass(x!, "0", "1", write(out!)),
        "}",
        "}",
      ].join("\n"),
  });
  const inGroup = gpu.newProgram({
    label: kernel.name,
    operands,
    words,
    code: ([out, x]) =>
      [
        sharedMemory("tops", "float32", together),
        sharedMemory("sums", "float32", together),
        mainTogether(together),
        `let t = ${workgroupNumber()};`,
        `if (t >= ${layout.rows}) {`,
        "return;",
        "}",
        ...layout.begin("t"),
        "var my_top = tf_neg(tf_inf());",
        ...pass(x!, "i32(lane)", `${size}`, "my_top = tf_max(my_top, x);"),
        ...reduceShared("tops", "my_top", "max", "float32", together),
        ...sharedTotal("tops", "top", "max", "float32", together),
        "var my_sum = 0.0f;",
        ...sumPowers(x!, "my_sum", "i32(lane)", size),
        ...reduceShared("sums", "my_sum", "sum", "float32", together),
        ...sharedTotal("sums", "sum", "sum", "float32", together),
        ...logarithm,
        ...pass(x!, "i32(lane)", `${size}`, write(out!)),
        "}",
      ].join("\n"),
  });
  const name = kernel.name as "softmax" | "logSoftmax";
  const byFour = new Map<number, Program>();
  /** The form for rows that are read by four; 0 is one invocation a row. */
  const programOfFour = (held: number): Program => {
    let program = byFour.get(held);
    if (!program) {
      program = gpu.newProgram(
        held === 0
          ? renderRowFour(name, layout, dtype, size)
          : renderHeldFour(name, layout, dtype, together, held),
      );
      byFour.set(held, program);
    }
    return program;
  };
  const inSteps = new Map<RowPlacement, Launch>();
  const runInSteps = (call: KernelCall, placement: RowPlacement) => {
    let launch = inSteps.get(placement);
    if (!launch) {
      launch = prepareLongSoftmax(gpu, kernel, placement);
      inSteps.set(placement, launch);
    }
    launch(call);
  };
  return (call) => {
    const rows = rowsOf(call);
    const n = lengthOf(call);
    const { profile } = gpu;
    const enough = profile.software && rows >= profile.invocations &&
      n <= MAX_WORKGROUP_ROW;
    const placement = placementOf(call);
    const few = profile.software || rows < 4 * profile.invocations;
    const isWide = placement === "across" && few && !enough &&
      n >= MIN_WORKGROUP_ROW && rows * n >= MIN_WIDE;
    if (n > MIN_DEVICE_ROW || isWide) {
      runInSteps(call, placement);
      return;
    }
    const one = n < MIN_WORKGROUP_ROW || enough;
    const held = one ? 0 : powerOfTwoAbove(Math.ceil(n / (4 * size)));
    const four = n >= MIN_FOUR && held <= MAX_HELD && readsFour(call);
    const program = four ? programOfFour(held) : one ? alone : inGroup;
    const first = program.reserve();
    layout.fill(gpu, first, call);
    program.dispatch(
      blocksOf(call),
      first,
      ...(one ? gridFor(profile, rows, size) : spread(profile, rows)),
    );
  };
}
