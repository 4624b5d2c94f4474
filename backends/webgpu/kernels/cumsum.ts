/**
 * Running sums along rows. Rows that lie along memory have a workgroup each,
 * others one invocation each; long and few ones are cut into parts, whose sums
 * are computed before the parts are written.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Gpu } from "../device/gpu.ts";
import type { Profile } from "../device/profile.ts";
import type { Program } from "../device/program.ts";
import type { GpuDType } from "../wgsl/dtype.ts";
import { togetherOn } from "./accumulator.ts";
import {
  blockOf,
  CumsumLayout,
  type PartSums,
  renderBefore,
  renderBlocks,
  renderSerial,
} from "./cumsum_code.ts";
import { gridFor, MAX_ITERATIONS, spread } from "./loop.ts";
import { blocksOf, lengthOf, readsFour, rowsOf } from "./rows.ts";

/** Shorter rows have one invocation each. */
const MIN_WORKGROUP_ROW = 256;
/** Elements that the part of one invocation has at least; a multiple of 128. */
const MIN_CHUNK = 512;
/** Parts of a row, whose sums one invocation sums up. */
const MAX_PARTS = 256;

/** How a call is cut. */
interface Cut {
  readonly group: boolean;
  readonly parts: number;
  readonly chunk: number;
}

/** Prepares `cumsum`; sums of float16 are float32 until they are written. */
export function prepareCumsum(gpu: Gpu, kernel: RoutineKernel<DType>): Launch {
  const dtype = kernel.outputs[0] as GpuDType;
  const { profile } = gpu;
  const together = togetherOn(profile);
  const { size } = together;
  const layout = new CumsumLayout(kernel.rank, 2);
  const programs = new Map<string, Program>();
  const programFor = (group: boolean, sums: PartSums, four: boolean) => {
    const key = [group, sums, four].join();
    let program = programs.get(key);
    if (!program) {
      program = gpu.newProgram(
        group
          ? renderBlocks(layout, dtype, together, sums, four)
          : renderSerial(layout, dtype, size, sums),
      );
      programs.set(key, program);
    }
    return program;
  };
  const before = gpu.newProgram(renderBefore(layout, dtype, size));
  return (call) => {
    const { group, parts, chunk } = cut(profile, call, size);
    const [out, x] = blocksOf(call);
    const rows = rowsOf(call);
    const four = group && readsFour(call);
    const groups = group
      ? spread(profile, rows * parts)
      : gridFor(profile, rows * parts, size);
    const reserve = (program: Program): number => {
      const first = program.reserve();
      layout.fill(gpu, first, call);
      gpu.recorder.ints[first + layout.parts] = parts;
      gpu.recorder.ints[first + layout.chunk] = chunk;
      return first;
    };
    if (parts === 1) {
      const write = programFor(group, "none", four);
      write.dispatch([out!, x!], reserve(write), ...groups);
      return;
    }
    const sums = gpu.pool.take(rows * parts * 4);
    const total = programFor(group, "writes", four);
    total.dispatch([x!, sums], reserve(total), ...groups);
    before.dispatch([sums], reserve(before), ...gridFor(profile, rows, size));
    const write = programFor(group, "reads", four);
    write.dispatch([out!, x!, sums], reserve(write), ...groups);
    gpu.pool.give(sums);
  };
}

/** The choice depends on extents and layouts alone. */
function cut(profile: Profile, call: KernelCall, size: number): Cut {
  const rows = rowsOf(call);
  const n = lengthOf(call);
  const group = !profile.software && n >= MIN_WORKGROUP_ROW &&
    call.strides.every((strides) => strides.at(-1) === 1);
  const [least, width] = group ? [blockOf(size), size] : [MIN_CHUNK, 1];
  const wanted = Math.ceil(profile.invocations / (rows * width));
  const room = Math.min(Math.ceil(n / least), MAX_PARTS);
  const longest = group ? Infinity : MAX_ITERATIONS;
  const parts = Math.max(
    Math.min(wanted, room),
    Math.ceil(n / longest),
    1,
  );
  const chunk = Math.ceil(n / parts / least) * least;
  return { group, parts: Math.ceil(n / chunk), chunk };
}
