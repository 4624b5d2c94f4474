/**
 * Reductions. One invocation computes one output, or a workgroup does; where both
 * would leave the device idle, the reduced positions are split, and a second
 * pass reduces the partial results of the first. The choice depends on extents
 * alone, so that the same reduction gives the same bits every time.
 *
 * @module
 */
import { DeviceError } from "@tenfold/core";
import {
  type KernelCall,
  type Launch,
  type ReduceKernel,
  topological,
} from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import type { Profile } from "../device/profile.ts";
import type { Program } from "../device/program.ts";
import { fillOperandLayout, gridFor, MAX_ITERATIONS, spread } from "./loop.ts";
import {
  type ReduceLayout,
  reduceLayout,
  renderReduce,
  type Stage,
} from "./reduce_code.ts";

/** Reduced positions that one invocation should have at least. */
const MIN_ELEMENTS = 64;

/** Functions that loop themselves, a few dozen iterations at most. */
const LOOPING: ReadonlySet<string> = new Set(
  ["remainder", "pow", "sin", "cos", "tan"],
);

/** Prepares a reduction. */
export function prepareReduce(gpu: Gpu, kernel: ReduceKernel): Launch {
  const layout = reduceLayout(kernel);
  const programs = new Map<string, Program>();
  const programFor = (group: boolean, from: Stage, to: Stage): Program => {
    const key = `${group}${from}${to}`;
    let program = programs.get(key);
    if (!program) {
      const size = gpu.profile.workgroup;
      program = gpu.newProgram(
        renderReduce(kernel, layout, { group, from, to, size }),
      );
      programs.set(key, program);
    }
    return program;
  };
  const adjacent = kernel.inputs.some(({ access }) =>
    access === "dense" || access === "row"
  );
  const loops = topological([kernel.element]).some((expr) =>
    expr.kind === "call" && LOOPING.has(expr.fn)
  );
  const longest = loops ? MAX_ITERATIONS / 32 : MAX_ITERATIONS;
  return (call) => {
    const outputs = product(call.shape, 0, kernel.rank);
    const count = product(call.shape, kernel.rank, call.shape.length);
    if (count > longest * MAX_ITERATIONS) {
      throw new DeviceError(
        `Cannot ${gpu.errors.operation} as it reduces ${count} elements to one: webgpu reduces at most ${
          longest * MAX_ITERATIONS
        } of this kind`,
      );
    }
    const { group, splits } = cut(gpu.profile, {
      outputs,
      count,
      adjacent,
      longest,
    });
    const out = (call.buffers[0] as Memory).block;
    const inputs = layout.used.map((i) =>
      (call.buffers[i + 1] as Memory).block
    );
    const run = (
      [group, from, to]: [boolean, Stage, Stage],
      blocks: readonly Block[],
      parts: { count: number; splits: number },
    ) => {
      const program = programFor(group, from, to);
      const first = program.reserve();
      fill(gpu, layout, call, first, { ...parts, outputs });
      const threads = outputs * parts.splits;
      const groups = group
        ? spread(gpu.profile, threads)
        : gridFor(gpu.profile, threads, gpu.profile.workgroup);
      program.dispatch(blocks, first, ...groups);
    };
    if (splits === 1) {
      run([group, "whole", "whole"], [out, ...inputs], { count, splits });
      return;
    }
    const partial = gpu.pool.take(outputs * splits * 4);
    run([group, "whole", "part"], [partial, ...inputs], { count, splits });
    const together = !gpu.profile.software && splits > 32 && outputs < 256;
    run([together, "part", "whole"], [out, partial, ...inputs], {
      count: splits,
      splits: 1,
    });
    gpu.pool.give(partial);
  };
}

/** How a reduction is split: no invocation reduces more than `longest` elements. */
function cut(
  profile: Profile,
  { adjacent, count, longest, outputs }: {
    adjacent: boolean;
    count: number;
    longest: number;
    outputs: number;
  },
): { group: boolean; splits: number } {
  const group = !profile.software && adjacent && count >= MIN_ELEMENTS;
  const width = group ? profile.workgroup : 1;
  const wanted = Math.ceil(profile.invocations / (outputs * width));
  const possible = Math.ceil(count / (MIN_ELEMENTS * width));
  const least = Math.max(1, Math.ceil(count / (longest * width)));
  return { group, splits: Math.max(least, Math.min(wanted, possible, 1024)) };
}

function product(shape: readonly number[], from: number, to: number): number {
  let size = 1;
  for (let d = from; d < to; d++) size *= shape[d]!;
  return size;
}

function fill(
  gpu: Gpu,
  layout: ReduceLayout,
  call: KernelCall,
  first: number,
  parts: { outputs: number; count: number; splits: number },
): void {
  const { ints } = gpu.recorder;
  ints[first + layout.outputs] = parts.outputs;
  ints[first + layout.count] = parts.count;
  ints[first + layout.splits] = parts.splits;
  ints[first + layout.chunk] = Math.ceil(parts.count / parts.splits);
  ints[first + layout.offset] = call.offsets[0]!;
  const rank = layout.kept.words.length;
  layout.kept.words.forEach((word, d) => ints[first + word] = call.shape[d]!);
  layout.reduced.words.forEach((word, d) =>
    ints[first + word] = call.shape[rank + d]!
  );
  layout.operandLayouts.forEach(({ kept, reduced }, k) => {
    const i = layout.used[k]! + 1;
    const strides = call.strides[i]!;
    fillOperandLayout(ints, first, kept, call.offsets[i]!, strides);
    fillOperandLayout(ints, first, reduced, 0, strides, rank);
  });
  layout.scalars.fill(gpu.recorder, first, call.scalars);
}
