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

/** What is read four elements at a time, as a name. */
type FourName = NonNullable<ReduceForm["four"]> | "none";

/** Into how many parts a pass divides how much. */
interface Parts {
  readonly outputs: number;
  readonly count: number;
  readonly splits: number;
}

/** What a pass reads and writes. */
const STAGES = {
  whole: { from: "whole", to: "whole" },
  parts: { from: "whole", to: "part" },
  sum: { from: "part", to: "whole" },
} as const;

/** The programs of one way to read, by stage. */
type Programs = { -readonly [stage in keyof typeof STAGES]?: Program };

/** Prepares a reduction. */
export function prepareReduce(gpu: Gpu, kernel: ReduceKernel): Launch {
  const { profile } = gpu;
  const layout = reduceLayout(kernel);
  // By what is read four at a time, for one invocation and for a workgroup.
  const programs: Record<FourName, readonly [Programs, Programs]> = {
    none: [{}, {}],
    kept: [{}, {}],
    reduced: [{}, {}],
  };
  const quads = quadsOf(profile);
  const together = togetherOn(profile);
  const newProgram = (pass: Pass): Program => {
    const ahead = many ? 1 : aheadOf(profile, pass.four);
    return gpu.newProgram(
      renderReduce(kernel, layout, { ...pass, ...together, ahead, quads }),
    );
  };
  /** Runs one pass over blocks. */
  const run = (
    stage: keyof typeof STAGES,
    group: boolean,
    four: ReduceForm["four"],
    blocks: readonly Block[],
    call: KernelCall,
    parts: Parts,
  ): void => {
    const program = programs[four ?? "none"][group ? 1 : 0][stage] ??=
      newProgram({ ...STAGES[stage], group, four });
    const first = program.reserve();
    fill(gpu, layout, call, first, parts, four);
    const each = four === "kept" ? 4 * quads : 1;
    const threads = parts.outputs * parts.splits / each;
    const [x, y] = group
      ? spread(profile, threads)
      : gridFor(profile, threads, profile.workgroup);
    program.dispatch(blocks, first, x, y);
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
    const four = fourOf(profile, kernel, call, outputs * count);
    const { group, splits } = cut(profile, {
      outputs: four === "kept" ? outputs / (4 * quads) : outputs,
      count,
      adjacent: adjacent && four !== "kept",
      longest,
    });
    const out = (call.buffers[0] as Memory).block;
    const blocks = [out];
    for (const i of layout.used) {
      blocks.push((call.buffers[i + 1] as Memory).block);
    }
    const parts = { outputs, count, splits };
    if (splits === 1) {
      run("whole", group, four, blocks, call, parts);
      return;
    }
    const partial = gpu.pool.take(outputs * splits * 4);
    blocks[0] = partial;
    run("parts", group, four, blocks, call, parts);
    const inGroups = !profile.software && splits > 32 && outputs < 256;
    const sum = { outputs, count: splits, splits: 1 };
    run("sum", inGroups, null, [out, ...blocks], call, sum);
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
  { count, outputs, splits }: Parts,
  four: ReduceForm["four"],
): void {
  const { ints } = gpu.recorder;
  const { offsets, shape } = call;
  const multiple = four === "reduced" ? 4 : 1;
  ints[first + layout.outputs] = outputs;
  ints[first + layout.count] = count;
  ints[first + layout.splits] = splits;
  ints[first + layout.chunk] = Math.ceil(count / splits / multiple) * multiple;
  ints[first + layout.offset] = offsets[0]!;
  const kept = layout.kept.words;
  const reduced = layout.reduced.words;
  const rank = kept.length;
  for (let d = 0; d < rank; d++) ints[first + kept[d]!] = shape[d]!;
  for (let d = 0; d < reduced.length; d++) {
    ints[first + reduced[d]!] = shape[rank + d]!;
  }
  for (let k = 0; k < layout.used.length; k++) {
    const { kept, reduced } = layout.operandLayouts[k]!;
    const i = layout.used[k]! + 1;
    const strides = call.strides[i]!;
    fillOperandLayout(ints, first, kept, offsets[i]!, strides);
    fillOperandLayout(ints, first, reduced, 0, strides, rank);
  }
  layout.scalars.fill(gpu.recorder, first, call.scalars);
}
