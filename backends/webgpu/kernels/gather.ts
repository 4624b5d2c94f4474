/**
 * Gathering by index.
 *
 * @module
 */
import {
  type Launch,
  parameterOf,
  type RoutineKernel,
} from "@tenfold/core/backend";
import type { Gpu } from "../device/gpu.ts";
import { type GpuDType, gpuOf } from "../wgsl/dtype.ts";
import { int, uint } from "../wgsl/params.ts";
import { eachInvocation, gridFor } from "./loop.ts";
import { REPORT_TYPE, reportIndex } from "./report.ts";
import { blocksOf, lengthOf, RowLayout, rowsOf } from "./rows.ts";

/** Prepares `gather`. An index out of range is reported and gives 0. */
export function prepareGather(gpu: Gpu, kernel: RoutineKernel): Launch {
  const dtype = kernel.inputs[0] as GpuDType;
  const type = gpuOf(dtype).memory;
  const size = gpu.profile.workgroup;
  const layout = new RowLayout(kernel.rank, 3);
  const bound = layout.params.take();
  const reporter = layout.params.take();
  const program = gpu.newProgram({
    label: "gather",
    operands: [
      { type, writes: true },
      { type },
      { type: "i32" },
      { type: REPORT_TYPE, writes: true },
    ],
    words: layout.params.words,
    code: ([out, x, index, report]) =>
      [
        ...eachInvocation(size),
        `let n = bitcast<u32>(${layout.n});`,
        `if (t < ${layout.rows} * n) {`,
        ...layout.begin("(t / n)"),
        "let j = i32(t % n);",
        `let index = ${index}[${layout.at(2, "j")}];`,
        `var value = ${type}();`,
        `if ((index >= 0) & (index < ${int(bound)})) {`,
        `value = ${x}[${layout.at(1, "index")}];`,
        "} else {",
        ...reportIndex(report!, uint(reporter), "index", int(bound)),
        "}",
        `${out}[${layout.at(0, "j")}] = value;`,
        "}",
        "}",
      ].join("\n"),
  });
  return (call) => {
    const first = program.reserve();
    layout.fill(gpu, first, call);
    gpu.recorder.ints[first + bound] = parameterOf("gather", "bound", call);
    gpu.recorder.ints[first + reporter] = gpu.errors.reporter();
    const count = rowsOf(call) * lengthOf(call);
    program.dispatch(
      [...blocksOf(call), gpu.reportBlock()],
      first,
      ...gridFor(gpu.profile, count, size),
    );
  };
}
