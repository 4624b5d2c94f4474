/**
 * The position of the largest or smallest element of each row: by one
 * invocation, by a workgroup, or by several, of whose places one invocation
 * then chooses.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Gpu } from "../device/gpu.ts";
import type { Program } from "../device/program.ts";
import { type GpuDType, gpuOf } from "../wgsl/dtype.ts";
import { int, uint } from "../wgsl/params.ts";
import {
  eachInvocation,
  gridFor,
  mainOf,
  MAX_ITERATIONS,
  spread,
  workgroupNumber,
  WORKGROUPS,
} from "./loop.ts";
import { descendingKey, sortKey } from "./sort_key.ts";
import { blocksOf, lengthOf, RowLayout, rowsOf } from "./rows.ts";

/** Shorter rows have one invocation each. */
const MIN_WORKGROUP_ROW = 64;

/** Prepares `argmax` or `argmin`. */
export function prepareArgReduce(
  gpu: Gpu,
  kernel: RoutineKernel<DType>,
): Launch {
  const dtype = kernel.inputs[0] as GpuDType;
  const size = gpu.profile.workgroup;
  const layout = new RowLayout(kernel.rank, 2);
  const parts = layout.params.take();
  const chunk = layout.params.take();
  const keyOf = kernel.name === "argmax" ? sortKey : descendingKey;
  const out = { type: gpuOf("int32").memory, writes: true };
  const x = { type: gpuOf(dtype).memory };
  const { words } = layout.params;

  /** Looks at element `j`; the first of equal ones stays. */
  const look = (x: string) => [
    `let key = ${keyOf(dtype, `${x}[${layout.at(1, "j")}]`)};`,
    "if ((found < 0) | (key > best)) {",
    "best = key;",
    "found = j;",
    "}",
  ];
  const nothing = ["var best = 0u;", "var found = -1;"];
  const alone = gpu.newProgram({
    label: kernel.name,
    operands: [out, x],
    words,
    code: ([out, x]) =>
      [
        ...eachInvocation(size),
        `if (t < ${layout.rows}) {`,
        ...layout.begin("t"),
        ...nothing,
        `for (var j = 0; j < ${layout.n}; j++) {`,
        ...look(x!),
        "}",
        `${out}[at0] = found;`,
        "}",
        "}",
      ].join("\n"),
  });
  /** A workgroup looks at a whole row, or at one of its parts. */
  const together = (whole: boolean): Program =>
    gpu.newProgram({
      label: kernel.name,
      operands: [out, x],
      words,
      code: ([out, x]) =>
        [
          `var<workgroup> keys: array<u32, ${size}>;`,
          `var<workgroup> places: array<i32, ${size}>;`,
          mainOf(size, WORKGROUPS),
          `let t = ${workgroupNumber()};`,
          `if (t >= ${layout.rows} * ${uint(parts)}) {`,
          "return;",
          "}",
          ...layout.begin(`(t / ${uint(parts)})`),
          `let begin = i32(t % ${uint(parts)}) * ${int(chunk)};`,
          `let end = min(begin + ${int(chunk)}, ${layout.n});`,
          ...nothing,
          `for (var j = begin + i32(lane); j < end; j += ${size}) {`,
          ...look(x!),
          "}",
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
          `${out}[${whole ? "at0" : "i32(t)"}] = places[0];`,
          "}",
          "}",
        ].join("\n"),
    });
  const wholeRow = together(true);
  const partOfRow = together(false);
  const choose = gpu.newProgram({
    label: `${kernel.name} of parts`,
    operands: [out, x, { type: gpuOf("int32").memory }],
    words,
    code: ([out, x, places]) =>
      [
        ...eachInvocation(size),
        `if (t < ${layout.rows}) {`,
        ...layout.begin("t"),
        ...nothing,
        `for (var part = 0; part < ${int(parts)}; part++) {`,
        `let j = ${places}[i32(t) * ${int(parts)} + part];`,
        ...look(x!),
        "}",
        `${out}[at0] = found;`,
        "}",
        "}",
      ].join("\n"),
  });

  const reserve = (program: Program, call: KernelCall, count: number) => {
    const first = program.reserve();
    layout.fill(gpu, first, call);
    gpu.recorder.ints[first + parts] = count;
    gpu.recorder.ints[first + chunk] = Math.ceil(lengthOf(call) / count);
    return first;
  };
  return (call) => {
    const rows = rowsOf(call);
    const n = lengthOf(call);
    const { profile } = gpu;
    const enough = profile.software && rows >= profile.invocations;
    if (n < MIN_WORKGROUP_ROW || (enough && n <= MAX_ITERATIONS)) {
      const first = reserve(alone, call, 1);
      alone.dispatch(blocksOf(call), first, ...gridFor(profile, rows, size));
      return;
    }
    const count = partsOf(n, rows * size, gpu);
    if (count === 1) {
      const first = reserve(wholeRow, call, 1);
      wholeRow.dispatch(blocksOf(call), first, ...spread(profile, rows));
      return;
    }
    const [target, source] = blocksOf(call);
    const places = gpu.pool.take(rows * count * 4);
    partOfRow.dispatch(
      [places, source!],
      reserve(partOfRow, call, count),
      ...spread(profile, rows * count),
    );
    choose.dispatch(
      [target!, source!, places],
      reserve(choose, call, count),
      ...gridFor(profile, rows, size),
    );
    gpu.pool.give(places);
  };
}

/** Parts of a row of `n`, where whole rows would have `busy` invocations. */
function partsOf(n: number, busy: number, { profile }: Gpu): number {
  const { invocations, workgroup } = profile;
  const wanted = Math.min(
    Math.ceil(invocations / busy),
    Math.floor(n / (MIN_WORKGROUP_ROW * workgroup)),
  );
  const parts = Math.max(
    1,
    wanted,
    Math.ceil(n / (MAX_ITERATIONS * workgroup)),
  );
  // None of them is empty.
  return Math.ceil(n / Math.ceil(n / parts));
}
