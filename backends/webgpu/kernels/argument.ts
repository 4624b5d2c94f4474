/**
 * The position of the largest or smallest element of each row, by one
 * invocation or by a workgroup.
 *
 * @module
 */
import type { Launch, RoutineKernel } from "@tenfold/core";
import type { Gpu } from "../device/gpu.ts";
import { type GpuDType, MEMORY_TYPE } from "../wgsl/scalar.ts";
import {
  eachInvocation,
  gridFor,
  mainOf,
  spread,
  workgroupNumber,
} from "./loop.ts";
import { WORKGROUPS } from "./loop.ts";
import { orderKey, reverseKey } from "./order.ts";
import { blocksOf, lengthOf, RowLayout, rowsOf } from "./rows.ts";

/** Rows that are shorter have one invocation each. */
const SHORT = 64;

/** Prepares `argmax` or `argmin`. */
export function prepareArgument(gpu: Gpu, kernel: RoutineKernel): Launch {
  const dtype = kernel.inputs[0] as GpuDType;
  const size = gpu.profile.workgroup;
  const layout = new RowLayout(kernel.rank, 2);
  const keyOf = kernel.name === "argmax" ? orderKey : reverseKey;
  const operands = [
    { type: MEMORY_TYPE.int32, writes: true },
    { type: MEMORY_TYPE[dtype] },
  ];
  const { words } = layout.params;
  const scan = (x: string, from: string, step: string) => [
    "var best = 0u;",
    "var found = -1;",
    `for (var j = ${from}; j < ${layout.n}; j += ${step}) {`,
    `let key = ${keyOf(dtype, `${x}[${layout.at(1, "j")}]`)};`,
    "if ((found < 0) | (key > best)) {",
    "best = key;",
    "found = j;",
    "}",
    "}",
  ];
  const alone = gpu.newProgram({
    label: kernel.name,
    operands,
    words,
    code: ([out, x]) =>
      [
        ...eachInvocation(size),
        `if (t < ${layout.rows}) {`,
        ...layout.begin("t"),
        ...scan(x!, "0", "1"),
        `${out}[at0] = found;`,
        "}",
        "}",
      ].join("\n"),
  });
  const together = gpu.newProgram({
    label: kernel.name,
    operands,
    words,
    code: ([out, x]) =>
      [
        `var<workgroup> keys: array<u32, ${size}>;`,
        `var<workgroup> places: array<i32, ${size}>;`,
        mainOf(size, WORKGROUPS),
        `let t = ${workgroupNumber()};`,
        `if (t >= ${layout.rows}) {`,
        "return;",
        "}",
        ...layout.begin("t"),
        ...scan(x!, "i32(lane)", `${size}`),
        "keys[lane] = best;",
        "places[lane] = found;",
        "workgroupBarrier();",
        `for (var half = ${size / 2}u; half > 0u; half >>= 1u) {`,
        "if (lane < half) {",
        "let key = keys[lane + half];",
        "let place = places[lane + half];",
        "let mine = places[lane];",
        "let equal = key == keys[lane];",
        "if ((place >= 0) & ((mine < 0) | (key > keys[lane]) | (equal & (place < mine)))) {",
        "keys[lane] = key;",
        "places[lane] = place;",
        "}",
        "}",
        "workgroupBarrier();",
        "}",
        "if (lane == 0u) {",
        `${out}[at0] = places[0];`,
        "}",
        "}",
      ].join("\n"),
  });
  return (call) => {
    const rows = rowsOf(call);
    const { profile } = gpu;
    const enough = profile.software && rows >= profile.invocations;
    if (lengthOf(call) < SHORT || enough) {
      const first = alone.reserve();
      layout.fill(gpu, first, call);
      alone.dispatch(blocksOf(call), first, ...gridFor(profile, rows, size));
    } else {
      const first = together.reserve();
      layout.fill(gpu, first, call);
      together.dispatch(blocksOf(call), first, ...spread(profile, rows));
    }
  };
}
