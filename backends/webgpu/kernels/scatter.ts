/**
 * Combining at indices, the same bits every time: what goes to one place is
 * added, or combined otherwise, by one invocation in the order of the source.
 * Where rows are many or short, an invocation loops over a whole row, or a
 * workgroup does where they lie along memory; else indices are sorted, and each
 * run of equal ones has an invocation. Long rows are added a part after the
 * other, as loops may not be long.
 *
 * @module
 */
import {
  type KernelCall,
  type Launch,
  parameterOf,
  type RoutineKernel,
} from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import { type GpuDType, gpuOf } from "../wgsl/dtype.ts";
import { int, uint } from "../wgsl/params.ts";
import { eachInvocation, gridFor, MAX_ITERATIONS, spread } from "./loop.ts";
import { REPORT_TYPE, reportIndex } from "./report.ts";
import { blocksOf, denseStrides, lengthOf, RowLayout, rowsOf } from "./rows.ts";
import { renderGroupScatter } from "./scatter_group.ts";
import { prepareSort } from "./sort.ts";

/** Shorter rows have one invocation each. */
const MIN_WORKGROUP_ROW = 256;
/** Rows that lie along memory, and that a workgroup of a graphics card has. */
const [MIN_GROUP_ROW, MAX_GROUP_ROW] = [32, 16384];

type Name = "scatterAdd" | "scatterProd" | "scatterMax" | "scatterMin";

/** Combines two elements as they lie in memory. */
function combine(name: Name, dtype: GpuDType, a: string, b: string): string {
  switch (name) {
    case "scatterAdd":
      return `${a} ${dtype === "bool" ? "|" : "+"} ${b}`;
    case "scatterProd":
      return `${a} * ${b}`;
    default: {
      const call = name === "scatterMax" ? "max" : "min";
      return `${dtype === "float32" ? `tf_${call}` : call}(${a}, ${b})`;
    }
  }
}

/** Prepares one of them. An index out of range is reported and skipped. */
export function prepareScatter(
  gpu: Gpu,
  kernel: RoutineKernel,
  name: Name,
): Launch {
  const dtype = kernel.outputs[0] as GpuDType;
  const type = gpuOf(dtype).memory;
  const size = gpu.profile.workgroup;
  const layout = new RowLayout(kernel.rank, 3);
  const bound = layout.params.take();
  const reporter = layout.params.take();
  const shared = layout.params.take();
  // The part of the rows that one dispatch adds.
  const begin = layout.params.take();
  const end = layout.params.take();
  const { words } = layout.params;
  const out = { type, writes: true };
  const report = { type: REPORT_TYPE, writes: true };
  const inRange = `(index >= 0) & (index < ${int(bound)})`;

  const serial = gpu.newProgram({
    label: name,
    operands: [out, { type: "i32" }, { type }, report],
    words,
    code: ([out, index, source, report]) =>
      [
        ...eachInvocation(size),
        `if (t < ${layout.rows}) {`,
        ...layout.begin("t"),
        `for (var j = ${int(begin)}; j < ${int(end)}; j++) {`,
        `let index = ${index}[${layout.at(1, "j")}];`,
        `if (${inRange}) {`,
        `let place = ${layout.at(0, "index")};`,
        `${out}[place] = ${
          combine(
            name,
            dtype,
            `${out}[place]`,
            `${source}[${layout.at(2, "j")}]`,
          )
        };`,
        "} else {",
        ...reportIndex(report!, uint(reporter), "index", int(bound)),
        "}",
        "}",
        "}",
        "}",
      ].join("\n"),
  });

  const group = gpu.newProgram(renderGroupScatter({
    ...{ layout, label: name, type, size, bound, reporter },
    combine: (a, b) => combine(name, dtype, a, b),
  }));

  // Indices and positions are sorted, one row of them where all share it.
  const addRuns = gpu.newProgram({
    label: name,
    operands: [out, { type }, { type: "i32" }, { type: "i32" }, report],
    words,
    code: ([out, source, indices, places, report]) =>
      [
        ...eachInvocation(size),
        `let n = ${uint(end)} - ${uint(begin)};`,
        `if (t < ${layout.rows} * n) {`,
        "let row = t / n;",
        `let j = ${int(begin)} + i32(t % n);`,
        `let base = select(i32(row) * ${layout.n}, 0, ${int(shared)} == 1);`,
        `let index = ${indices}[base + j];`,
        `var head = j == ${int(begin)};`,
        "if (!head) {",
        `head = ${indices}[base + j - 1] != index;`,
        "}",
        "if (head) {",
        `if (${inRange}) {`,
        ...layout.begin("row", [0, 2]),
        `let place = ${layout.at(0, "index")};`,
        `var known = ${out}[place];`,
        `for (var k = j; k < ${int(end)}; k++) {`,
        `if (${indices}[base + k] != index) {`,
        "break;",
        "}",
        `let origin = ${places}[base + k];`,
        `known = ${
          combine(name, dtype, "known", `${source}[${layout.at(2, "origin")}]`)
        };`,
        "}",
        `${out}[place] = known;`,
        "} else {",
        ...reportIndex(report!, uint(reporter), "index", int(bound)),
        "}",
        "}",
        "}",
        "}",
      ].join("\n"),
  });
  const sort = prepareSort(gpu, {
    kind: "routine",
    name: "sort",
    rank: kernel.rank,
    outputs: ["int32", "int32"],
    inputs: ["int32"],
  });

  const byRuns = (call: KernelCall): void => {
    const rank = call.shape.length;
    const n = lengthOf(call);
    const isShared = sharesIndices(call);
    const shape = isShared
      ? [...new Array(rank - 1).fill(1), n]
      : [...call.shape];
    const dense = denseStrides(shape);
    const count = shape.reduce((product, extent) => product * extent, 1);
    const temporary = (): Memory => ({
      block: gpu.pool.take(count * 4),
      dtype: "int32",
      size: count,
    });
    const indices = temporary();
    const places = temporary();
    sort({
      shape,
      buffers: [indices, places, call.buffers[1]],
      offsets: [0, 0, call.offsets[1]!],
      strides: [dense, dense, call.strides[1]!],
      scalars: [0],
    });
    const [target, , source] = blocksOf(call);
    for (const part of partsOf(n)) {
      const first = addRuns.reserve();
      fill(call, first, part);
      gpu.recorder.ints[first + shared] = isShared ? 1 : 0;
      addRuns.dispatch(
        [target!, source!, indices.block, places.block, gpu.reportBlock()],
        first,
        ...gridFor(gpu.profile, rowsOf(call) * (part.end - part.begin), size),
      );
    }
    gpu.pool.give(indices.block);
    gpu.pool.give(places.block);
  };
  const fill = (call: KernelCall, first: number, part: Part): void => {
    const { ints } = gpu.recorder;
    layout.fill(gpu, first, call);
    ints[first + bound] = parameterOf(name, "bound", call);
    ints[first + reporter] = gpu.errors.reporter();
    ints[first + begin] = part.begin;
    ints[first + end] = part.end;
  };
  return (call) => {
    const rows = rowsOf(call);
    if (!gpu.profile.software && fitsGroup(call)) {
      const first = group.reserve();
      fill(call, first, { begin: 0, end: lengthOf(call) });
      group.dispatch(
        [...blocksOf(call), gpu.reportBlock()],
        first,
        ...spread(gpu.profile, rows),
      );
      return;
    }
    if (lengthOf(call) >= MIN_WORKGROUP_ROW && rows < gpu.profile.invocations) {
      byRuns(call);
      return;
    }
    for (const part of partsOf(lengthOf(call))) {
      const first = serial.reserve();
      fill(call, first, part);
      serial.dispatch(
        [...blocksOf(call), gpu.reportBlock()],
        first,
        ...gridFor(gpu.profile, rows, size),
      );
    }
  };
}

/** Whether all rows have one row of indices. */
function sharesIndices({ strides }: KernelCall): boolean {
  return strides[1]!.every((stride, d) =>
    d === strides[1]!.length - 1 || stride === 0
  );
}

/** Whether rows have a workgroup each: the reads of neighbours are one then. */
function fitsGroup(call: KernelCall): boolean {
  const n = lengthOf(call);
  const lies = call.strides[2]!.at(-1) === 1 && !sharesIndices(call);
  return lies && n >= MIN_GROUP_ROW && n <= MAX_GROUP_ROW;
}

/** A part of a row. */
interface Part {
  readonly begin: number;
  readonly end: number;
}

function partsOf(n: number): Part[] {
  return Array.from({ length: Math.ceil(n / MAX_ITERATIONS) }, (_, i) => ({
    begin: i * MAX_ITERATIONS,
    end: Math.min((i + 1) * MAX_ITERATIONS, n),
  }));
}
