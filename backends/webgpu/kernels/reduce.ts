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
  usesIndex,
} from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import type { Profile } from "../device/profile.ts";
import type { Program } from "../device/program.ts";
import { fillOperandLayout, gridFor, MAX_ITERATIONS, spread } from "./loop.ts";
import { type Together, togetherOn } from "./accumulator.ts";
import { usedInputs } from "../wgsl/expression.ts";
import { renderReduce } from "./reduce_code.ts";
import {
  isReadByFour,
  type ReduceForm,
  type ReduceLayout,
  reduceLayout,
} from "./reduce_layout.ts";

/** Reduced positions that one invocation should have at least. */
const MIN_ELEMENTS = 64;

/** Functions that loop themselves, a few dozen iterations at most. */
const LOOPING: ReadonlySet<string> = new Set(
  ["remainder", "pow", "sin", "cos", "tan"],
);

/** Calls of functions from which on an element is not written out again. */
const MANY_CALLS = 8;

/** One pass, but for what the device decides. */
type Pass = Omit<ReduceForm, keyof Together | "ahead" | "quads">;

/** Prepares a reduction. */
export function prepareReduce(gpu: Gpu, kernel: ReduceKernel): Launch {
  const layout = reduceLayout(kernel);
  const programs = new Map<string, Program>();
  const quads = quadsOf(gpu.profile);
  const together = togetherOn(gpu.profile);
  const programFor = (pass: Pass): Program => {
    const { four, from, group, to } = pass;
    const key = `${group}${from}${to}${four}`;
    let program = programs.get(key);
    if (!program) {
      const ahead = many ? 1 : aheadOf(gpu.profile, four);
      program = gpu.newProgram(
        renderReduce(kernel, layout, { ...pass, ...together, ahead, quads }),
      );
      programs.set(key, program);
    }
    return program;
  };
  const adjacent = kernel.inputs.some(({ access }) =>
    access === "dense" || access === "row"
  );
  const calls = topological([kernel.element])
    .flatMap((expr) => expr.kind === "call" ? [expr.fn] : []);
  const loops = calls.some((fn) => LOOPING.has(fn));
  const many = loops || calls.length >= MANY_CALLS;
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
    const four = fourOf(gpu.profile, kernel, call, outputs * count);
    const { group, splits } = cut(gpu.profile, {
      outputs: four === "kept" ? outputs / (4 * quads) : outputs,
      count,
      adjacent: adjacent && four !== "kept",
      longest,
    });
    const out = (call.buffers[0] as Memory).block;
    const inputs = layout.used.map((i) =>
      (call.buffers[i + 1] as Memory).block
    );
    const run = (
      pass: Pass,
      blocks: readonly Block[],
      parts: { count: number; splits: number },
    ) => {
      const { four, group } = pass;
      const program = programFor(pass);
      const first = program.reserve();
      fill(gpu, layout, call, first, { ...parts, outputs, four });
      const each = four === "kept" ? 4 * quads : 1;
      const threads = outputs * parts.splits / each;
      const groups = group
        ? spread(gpu.profile, threads)
        : gridFor(gpu.profile, threads, gpu.profile.workgroup);
      program.dispatch(blocks, first, ...groups);
    };
    if (splits === 1) {
      const pass = { group, from: "whole", to: "whole", four } as const;
      run(pass, [out, ...inputs], { count, splits });
      return;
    }
    const partial = gpu.pool.take(outputs * splits * 4);
    const parts = { group, from: "whole", to: "part", four } as const;
    run(parts, [partial, ...inputs], { count, splits });
    const inGroups = !gpu.profile.software && splits > 32 && outputs < 256;
    const sum = { group: inGroups, from: "part", to: "whole" } as const;
    run({ ...sum, four: null }, [out, partial, ...inputs], {
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
  // On an H200 four times as many as elsewhere took a third of the time, and
  // with as many each processor of a software adapter has work.
  const wanted = Math.ceil(4 * profile.invocations / (outputs * width));
  const possible = Math.ceil(count / (MIN_ELEMENTS * width));
  const least = Math.max(1, Math.ceil(count / (longest * width)));
  return { group, splits: Math.max(least, Math.min(wanted, possible, 1024)) };
}

/**
 * Reads that one invocation begins together. On the processor more of them
 * spare turns of the loop.
 */
function aheadOf({ software }: Profile, four: ReduceForm["four"]): number {
  if (!software || four === "reduced") return 4;
  return four === "kept" ? 1 : 8;
}

/**
 * Reads of four neighbouring outputs that one invocation computes. On the
 * processor, invocations of a vector read all that lies side by side before
 * they go to the next row: few and short reads wait for memory each time, and
 * took one and a half times as long as single elements on llvmpipe.
 */
function quadsOf({ software }: Profile): number {
  return software ? 4 : 1;
}

/** The fewest elements that are worth a pipeline of their own. */
const MIN_FOUR = 4096;

/**
 * What of a call can be read four elements at a time: rows that are reduced, or
 * neighbouring outputs, where all that is read has stride 1 along them and
 * begins at multiples of four.
 */
function fourOf(
  profile: Profile,
  kernel: ReduceKernel,
  call: KernelCall,
  elements: number,
): "reduced" | "kept" | null {
  const { element, epilogue, rank, reducedRank } = kernel;
  if (elements < MIN_FOUR || reducedRank !== 1) return null;
  if (usesIndex([element, epilogue])) return null;
  const read = usedInputs([element]);
  const after = usedInputs([epilogue]);
  const byFour = read.filter((i) => isReadByFour(kernel, i));
  if (byFour.length === 0) return null;
  const fits = (dim: number, multiple: number): boolean =>
    call.shape[dim]! % multiple === 0 &&
    byFour.every((i) =>
      !after.includes(i) && call.buffers[i + 1] !== call.buffers[0] &&
      call.offsets[i + 1]! % 4 === 0 &&
      call.strides[i + 1]!.every((stride, d) =>
        d === dim ? stride === 1 : stride % 4 === 0
      )
    );
  if (fits(rank, 4)) return "reduced";
  const kept = rank > 0 && after.length === 0 &&
    fits(rank - 1, 4 * quadsOf(profile));
  return kept ? "kept" : null;
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
  parts: {
    outputs: number;
    count: number;
    splits: number;
    four: ReduceForm["four"];
  },
): void {
  const { ints } = gpu.recorder;
  const multiple = parts.four === "reduced" ? 4 : 1;
  const chunk = Math.ceil(parts.count / parts.splits / multiple) * multiple;
  ints[first + layout.outputs] = parts.outputs;
  ints[first + layout.count] = parts.count;
  ints[first + layout.splits] = parts.splits;
  ints[first + layout.chunk] = chunk;
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
