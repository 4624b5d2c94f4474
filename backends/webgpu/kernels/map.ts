/**
 * Map kernels: each invocation computes one element of every output, or four
 * neighbouring ones where the layouts of the operands allow vector access.
 *
 * @module
 */
import {
  type Expr,
  type KernelCall,
  type Launch,
  type MapKernel,
  topological,
} from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import type { Program } from "../device/program.ts";
import { type GpuDType, gpuOf } from "../wgsl/dtype.ts";
import { renderExpressions } from "../wgsl/expression.ts";
import { int, uint } from "../wgsl/params.ts";
import {
  eachInvocation,
  elementIndex,
  fillOperandLayout,
  gridFor,
  splitPositions,
  spread,
} from "./loop.ts";
import { layOut, type MapLayout } from "./map_layout.ts";
import {
  renderTransposed,
  tilesOf,
  type Transposition,
  transpositionOf,
} from "./map_transposed.ts";

/** The highest cost of expressions that are worth writing out four times. */
const MAX_VECTOR_COST = 24;
/** The fewest elements that are worth a pipeline of their own. */
const MIN_VECTOR_ELEMENTS = 4096;

/** Prepares a map. */
export function prepareMap(gpu: Gpu, kernel: MapKernel): Launch {
  const layout = layOut(kernel);
  const { extents, operands, operandLayouts, scalars, slots } = layout;
  const { rank } = kernel;
  const size = gpu.profile.workgroup;
  const outputs = kernel.outputs.length;
  const programOf = (four: boolean): Program =>
    gpu.newProgram({
      label: "map",
      operands: slots.map(({ access, dtype }, i) => ({
        type: four && access === "dense"
          ? `vec4<${gpuOf(dtype).memory}>`
          : gpuOf(dtype).memory,
        writes: i < outputs,
      })),
      words: layout.words,
      code: (names) =>
        four ? codeOfFour(layout, size, names) : codeOfOne(layout, size, names),
    });
  const one = programOf(false);
  const four = costOf(kernel.exprs) <= MAX_VECTOR_COST ? programOf(true) : null;
  const transposing = new Map<string, Program>();
  const transposerOf = (transposition: Transposition): Program => {
    const key = [transposition.dim, ...transposition.slots].join();
    let program = transposing.get(key);
    if (!program) {
      program = gpu.newProgram(renderTransposed(layout, transposition, size));
      transposing.set(key, program);
    }
    return program;
  };
  const { ints } = gpu.recorder;

  return (call) => {
    const { buffers, offsets, shape, strides } = call;
    let total = 1;
    for (let d = 0; d < rank; d++) total *= shape[d]!;
    const across = layout.usesPositions
      ? transpositionOf(gpu.profile, layout, call, total)
      : null;
    const isFour = across === null && four !== null &&
      fitsFour(layout, call, total);
    const program = across ? transposerOf(across) : isFour ? four : one;
    const tiles = across ? tilesOf(shape, across.dim) : 0;
    const first = program.reserve();
    ints[first + layout.count] = across ? tiles : total;
    for (let d = 0; d < rank; d++) ints[first + extents.words[d]!] = shape[d]!;
    const blocks: Block[] = new Array(operands.length);
    for (let k = 0; k < operands.length; k++) {
      const from = operands[k]!;
      blocks[k] = (buffers[from] as Memory).block;
      fillOperandLayout(
        ints,
        first,
        operandLayouts[k]!,
        offsets[from]!,
        strides[from]!,
      );
    }
    for (let k = 0; k < outputs; k++) {
      const block = blocks[k]!;
      if (block.outcome === null || blocks.indexOf(block, k + 1) >= 0) continue;
      // What it held does not matter where all of it is written.
      const { size } = buffers[k] as Memory;
      const whole = slots[k]!.access === "dense" && total === size;
      if (whole && blocks.indexOf(block) === k) block.forget();
    }
    scalars.fill(gpu.recorder, first, call.scalars);
    const groups = across
      ? spread(gpu.profile, tiles)
      : gridFor(gpu.profile, isFour ? Math.ceil(total / 4) : total, size);
    program.dispatch(blocks, first, ...groups);
  };
}

/** Functions that are a few instructions of the device. */
const CHEAP: ReadonlySet<string> = new Set([
  ...["add", "sub", "mul", "div", "max", "min", "neg", "abs", "select"],
  ...["eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor", "not"],
  ...["isNan", "isFinite", "sqrt", "rsqrt", "reciprocal", "shiftRight"],
  "bitAnd",
]);

function costOf(exprs: readonly Expr[]): number {
  let cost = 0;
  for (const expr of topological(exprs)) {
    cost += expr.kind === "call" && !CHEAP.has(expr.fn)
      ? MAX_VECTOR_COST / 2
      : 1;
  }
  return cost;
}

/**
 * True where the length of a call's rows is a multiple of four, or where there
 * is one row whose outputs end where their buffers do; where dense operands
 * begin at multiples of four; and where no buffer is bound both as a dense
 * operand and as one that is not.
 */
function fitsFour(layout: MapLayout, call: KernelCall, total: number): boolean {
  const { kernel, operands, slots } = layout;
  if (total < MIN_VECTOR_ELEMENTS) return false;
  const outputs = kernel.outputs.length;
  const whole = call.shape[kernel.rank - 1]! % 4 === 0;
  if (!whole && layout.usesPositions) return false;
  for (let k = 0; k < slots.length; k++) {
    const i = operands[k]!;
    const dense = slots[k]!.access === "dense";
    for (let o = 0; o < outputs; o++) {
      const unlike = (slots[o]!.access === "dense") !== dense;
      if (unlike && call.buffers[o] === call.buffers[i]) return false;
    }
    if (!dense) continue;
    const offset = call.offsets[i]!;
    if (offset % 4 !== 0) return false;
    if (
      k < outputs && !whole &&
      offset + total !== (call.buffers[i] as Memory).size
    ) return false;
  }
  return true;
}

function codeOfOne(
  layout: MapLayout,
  size: number,
  names: readonly string[],
): string {
  const { extents, kernel, operandLayouts, scalars, slots, used } = layout;
  const { exprs, outputs } = kernel;
  // All go by their strides, so that one shader serves every layout.
  const at = (slot: number) => elementIndex(operandLayouts[slot]!, "p");
  const { statements, values } = renderExpressions(exprs, {
    arg: (index) => `x${index}`,
    scalar: (index, dtype) => scalars.name(index, dtype),
    position: (dim) => `p${dim}`,
  });
  const loads = used.map((input, i) => {
    const slot = outputs.length + i;
    const dtype = slots[slot]!.dtype as GpuDType;
    const element = `${names[slot]}[${at(slot)}]`;
    return `let x${input} = ${gpuOf(dtype).load(element)};`;
  });
  const stores = outputs.map(({ dtype }, i) =>
    `${names[i]}[${at(i)}] = ${gpuOf(dtype).store(values[i]!)};`
  );
  return [
    ...eachInvocation(size),
    `if (t < ${uint(layout.count)}) {`,
    ...splitPositions(extents, "t", "p"),
    ...loads,
    ...statements,
    ...stores,
    "}",
    "}",
  ].join("\n");
}

function codeOfFour(
  layout: MapLayout,
  size: number,
  names: readonly string[],
): string {
  const { extents, kernel, operandLayouts, scalars, slots, used } = layout;
  const { exprs, outputs, rank } = kernel;
  const lanes = [0, 1, 2, 3];
  /** The four elements of a slot, from where its first one is. */
  const elements = (slot: number, first: string): string[] => {
    const { access } = slots[slot]!;
    const inner = operandLayouts[slot]!.strides[rank - 1]!;
    return lanes.map((lane) => {
      if (access === "splat" || access === "uniform") {
        return `${names[slot]}[${first}]`;
      }
      const step = access === "row" ? `${lane}` : `${lane} * ${int(inner)}`;
      return `${names[slot]}[${first} + ${step}]`;
    });
  };
  const quad = (slot: number) =>
    `${names[slot]}[(${int(operandLayouts[slot]!.offset)} >> 2u) + i32(t)]`;
  const first = (slot: number) =>
    slots[slot]!.access === "uniform"
      ? int(operandLayouts[slot]!.offset)
      : elementIndex(operandLayouts[slot]!, "p");

  const loads = used.flatMap((input, i) => {
    const slot = outputs.length + i;
    const { access } = slots[slot]!;
    if (access === "dense") return [`let x${input} = ${quad(slot)};`];
    const [start, ...others] = elements(slot, `at_x${input}`);
    const one = access === "splat" || access === "uniform";
    return [
      `let at_x${input} = ${first(slot)};`,
      ...(one ? [start!] : [start!, ...others]).map((element, lane) =>
        `let x${input}_${lane} = ${element};`
      ),
    ];
  });
  const values = lanes.map((lane) =>
    renderExpressions(exprs, {
      arg: (index) => {
        const { access, dtype } = slots[outputs.length + used.indexOf(index)]!;
        const one = access === "splat" || access === "uniform";
        const element = access === "dense"
          ? `x${index}[${lane}]`
          : `x${index}_${one ? 0 : lane}`;
        return gpuOf(dtype).load(element);
      },
      scalar: (index, dtype) => scalars.name(index, dtype),
      position: (dim) => dim === rank - 1 ? `(p${dim} + ${lane})` : `p${dim}`,
    }, `v${lane}_`)
  );
  const stores = outputs.flatMap(({ access, dtype }, i) => {
    const parts = values.map((lane) => gpuOf(dtype).store(lane.values[i]!));
    if (access === "dense") {
      const type = gpuOf(dtype).memory;
      return [`${quad(i)} = vec4<${type}>(${parts.join(", ")});`];
    }
    return [
      `let at_y${i} = ${first(i)};`,
      ...elements(i, `at_y${i}`).map((element, lane) =>
        `${element} = ${parts[lane]};`
      ),
    ];
  });
  return [
    ...eachInvocation(size),
    "let e = t * 4u;",
    `if (e < ${uint(layout.count)}) {`,
    ...(layout.usesPositions ? splitPositions(extents, "e", "p") : []),
    ...loads,
    ...values.flatMap(({ statements }) => statements),
    ...stores,
    "}",
    "}",
  ].join("\n");
}
