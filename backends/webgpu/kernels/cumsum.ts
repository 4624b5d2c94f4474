/**
 * Running sums along rows. Short rows have one invocation each; long ones are
 * split into tiles, whose sums are computed before the tiles are written.
 *
 * @module
 */
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Gpu } from "../device/gpu.ts";
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
import { blocksOf, lengthOf, RowLayout, rowsOf } from "./rows.ts";

/** Elements of a row that one invocation adds up. */
const EACH = 16;
/** Shorter rows have one invocation each. */
const MIN_WORKGROUP_ROW = 256;

/** Values of a running sum: a longer one loses digits. */
const RUN = 128;

/** Prepares `cumsum`. */
export function prepareCumsum(gpu: Gpu, kernel: RoutineKernel): Launch {
  const dtype = kernel.outputs[0] as GpuDType;
  const type = gpuOf(dtype).memory;
  const zero = dtype === "float32" ? "0.0f" : "0i";
  const size = gpu.profile.workgroup;
  const tile = size * EACH;
  const layout = new RowLayout(kernel.rank, 2);
  const tiles = layout.params.take();
  const { words } = layout.params;

  // So many values are summed up before their sum is added to those before.
  const endRun = [
    `if ((j & ${RUN - 1}) == ${RUN - 1}) {`,
    "sum += run;",
    `run = ${zero};`,
    "}",
  ];
  const alone = gpu.newProgram({
    label: "cumsum",
    operands: [{ type, writes: true }, { type }],
    words,
    code: ([out, x]) =>
      [
        ...eachInvocation(size),
        `if (t < ${layout.rows}) {`,
        ...layout.begin("t"),
        `var sum = ${zero};`,
        `var run = ${zero};`,
        `for (var j = 0; j < ${layout.n}; j++) {`,
        `run += ${x}[${layout.at(1, "j")}];`,
        `${out}[${layout.at(0, "j")}] = sum + run;`,
        ...endRun,
        "}",
        "}",
        "}",
      ].join("\n"),
  });

  /** The elements of one invocation of a tile, and their sum. */
  const ownSum = (x: string) => [
    `let t = ${workgroupNumber()};`,
    `if (t >= ${layout.rows} * ${uint(tiles)}) {`,
    "return;",
    "}",
    `let row = t / ${uint(tiles)};`,
    `let tile = t % ${uint(tiles)};`,
    ...layout.begin("row"),
    `let begin = i32(tile) * ${tile} + i32(lane) * ${EACH};`,
    `let end = min(begin + ${EACH}, ${layout.n});`,
    `var own = ${zero};`,
    "for (var j = begin; j < end; j++) {",
    `own += ${x}[${layout.at(1, "j")}];`,
    "}",
  ];
  /** Running sums over the invocations of a workgroup, in `sums`. */
  const scan = [
    "sums[lane] = own;",
    "workgroupBarrier();",
    `for (var reach = 1u; reach < ${size}u; reach <<= 1u) {`,
    `var before = ${zero};`,
    "if (lane >= reach) {",
    "before = sums[lane - reach];",
    "}",
    "workgroupBarrier();",
    "sums[lane] += before;",
    "workgroupBarrier();",
    "}",
  ];
  const shared = `var<workgroup> sums: array<${type}, ${size}>;`;

  const total = gpu.newProgram({
    label: "cumsum of tiles",
    operands: [{ type, writes: true }, { type }],
    words,
    code: ([sums, x]) =>
      [
        shared,
        mainOf(size, WORKGROUPS),
        ...ownSum(x!),
        ...scan,
        "if (lane == 0u) {",
        `${sums}[t] = sums[${size - 1}];`,
        "}",
        "}",
      ].join("\n"),
  });
  // The sums of all tiles before each one.
  const before = gpu.newProgram({
    label: "cumsum of sums",
    operands: [{ type, writes: true }],
    words,
    code: ([sums]) =>
      [
        ...eachInvocation(size),
        `if (t < ${layout.rows}) {`,
        `var sum = ${zero};`,
        `var run = ${zero};`,
        `for (var j = 0; j < ${int(tiles)}; j++) {`,
        `let at = i32(t) * ${int(tiles)} + j;`,
        `let own = ${sums}[at];`,
        `${sums}[at] = sum + run;`,
        "run += own;",
        ...endRun,
        "}",
        "}",
        "}",
      ].join("\n"),
  });
  const write = gpu.newProgram({
    label: "cumsum",
    operands: [{ type, writes: true }, { type }, { type }],
    words,
    code: ([out, x, sums]) =>
      [
        shared,
        mainOf(size, WORKGROUPS),
        ...ownSum(x!),
        ...scan,
        `var sum = ${sums}[t];`,
        "if (lane > 0u) {",
        "sum += sums[lane - 1u];",
        "}",
        "for (var j = begin; j < end; j++) {",
        `sum += ${x}[${layout.at(1, "j")}];`,
        `${out}[${layout.at(0, "j")}] = sum;`,
        "}",
        "}",
      ].join("\n"),
  });

  const inTiles = (call: KernelCall, rows: number): void => {
    const [out, x] = blocksOf(call);
    const count = Math.ceil(lengthOf(call) / tile);
    const sums = gpu.pool.take(rows * count * 4);
    const reserve = (program: typeof total): number => {
      const first = program.reserve();
      layout.fill(gpu, first, call);
      gpu.recorder.ints[first + tiles] = count;
      return first;
    };
    const groups = spread(gpu.profile, rows * count);
    total.dispatch([sums, x!], reserve(total), ...groups);
    before.dispatch(
      [sums],
      reserve(before),
      ...gridFor(gpu.profile, rows, size),
    );
    write.dispatch([out!, x!, sums], reserve(write), ...groups);
    gpu.pool.give(sums);
  };
  return (call) => {
    const rows = rowsOf(call);
    const { profile } = gpu;
    const n = lengthOf(call);
    const enough = profile.software && rows >= profile.invocations;
    if (n >= MIN_WORKGROUP_ROW && !(enough && n <= MAX_ITERATIONS)) {
      inTiles(call, rows);
      return;
    }
    const first = alone.reserve();
    layout.fill(gpu, first, call);
    alone.dispatch(blocksOf(call), first, ...gridFor(profile, rows, size));
  };
}
