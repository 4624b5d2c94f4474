/**
 * Convolution as a matrix product whose second operand is read in place: rows
 * are the channels of the output, columns its positions, and both iterate over
 * the channels and the window. Every invocation computes a tile in registers.
 *
 * @module
 */
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import type { Program } from "../device/program.ts";
import { ConvLayout } from "./conv_layout.ts";
import { renderConv, renderConvSum } from "./conv_code.ts";
import { gridFor } from "./loop.ts";
import { type Pass, splitK } from "./split_k.ts";
import { blocksOf } from "./rows.ts";

/** The least length of a part of the sum, unless digits need shorter ones. */
const MIN_CHUNK = 64;

/** Prepares `conv2d`; null for other floats than ours. */
export function prepareConv(gpu: Gpu, kernel: RoutineKernel): Launch | null {
  if (kernel.outputs[0] !== "float32") return null;
  const layout = new ConvLayout(kernel.inputs.length === 3);
  const programs = new Map<string, Program>();
  const size = gpu.profile.software ? 8 : 64;
  const programFor = (tm: number, tn: number, part: boolean): Program => {
    const key = `${tm} ${tn} ${part}`;
    let program = programs.get(key);
    if (!program) {
      program = gpu.newProgram(
        renderConv(layout, { tm, tn, part }, size),
      );
      programs.set(key, program);
    }
    return program;
  };
  const sum = gpu.newProgram(renderConvSum(layout, gpu.profile.workgroup));

  return (call) => {
    const { outputs, parts, ...cut } = cutOf(gpu, call);
    const { chunk, passes } = parts;
    const [out, x, filter, ...bias] = blocksOf(call);
    const part = passes.length > 1 || passes[0]!.splits > 1;
    const program = programFor(cut.tm, cut.tn, part);
    const run = (pass: Pass, target: Block) => {
      const first = program.reserve();
      layout.fill(gpu, first, call, { ...cut, chunk, ...pass });
      program.dispatch(
        [target, x!, filter!, ...(part ? [] : bias)],
        first,
        ...gridFor(gpu.profile, cut.tiles * pass.splits, size),
      );
    };
    if (!part) {
      run(passes[0]!, out!);
      return;
    }
    const target = gpu.pool.take(outputs * passes[0]!.splits * 4);
    for (const pass of passes) {
      run(pass, target);
      const then = sum.reserve();
      layout.fill(gpu, then, call, { ...cut, chunk, ...pass });
      sum.dispatch(
        [out!, target, ...bias],
        then,
        ...gridFor(gpu.profile, outputs, gpu.profile.workgroup),
      );
    }
    gpu.pool.give(target);
  };
}

function tileOf(extent: number): number {
  let tile = 8;
  while (tile > extent) tile /= 2;
  return tile;
}

function cutOf({ profile }: Gpu, { shape }: KernelCall) {
  const [b, g, m, y, x, c, i, j] = shape as [
    ...[number, number, number, number],
    ...[number, number, number, number],
  ];
  const columns = b * y * x;
  const k = c * i * j;
  const tm = tileOf(m);
  const tn = tileOf(columns);
  const tilesM = Math.ceil(m / tm);
  const tilesN = Math.ceil(columns / tn);
  const tiles = g * tilesM * tilesN;
  const wanted = Math.min(
    Math.ceil(profile.invocations / tiles),
    Math.ceil(k / MIN_CHUNK),
  );
  const outputs = g * m * columns;
  const parts = splitK(profile, {
    terms: k,
    outputs,
    multiple: 1,
    wanted,
  });
  return { tm, tn, tilesM, tilesN, tiles, outputs, parts };
}
