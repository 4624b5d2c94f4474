/**
 * Convolution as a matrix product whose second operand is read in place: rows
 * are the channels of the output, columns its positions, and both walk over
 * the channels and the window. Every invocation computes a tile in registers.
 *
 * @module
 */
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core";
import type { Gpu } from "../device/gpu.ts";
import type { Program } from "../device/program.ts";
import { ConvLayout } from "./conv_layout.ts";
import { renderConv, renderConvSum } from "./conv_code.ts";
import { gridFor, MOST_TURNS } from "./loop.ts";
import { blocksOf } from "./rows.ts";

/** A part of the sum is no shorter than this. */
const SHORTEST_PART = 64;
/** Nor longer than this, as a running sum loses digits. */
const LONGEST_PART = 16384;

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
      program = gpu.newProgram(renderConv(layout, { tm, tn, part }, size));
      programs.set(key, program);
    }
    return program;
  };
  const sum = gpu.newProgram(renderConvSum(layout, gpu.profile.workgroup));

  return (call) => {
    const cut = cutOf(gpu, call);
    const [out, x, filter, ...bias] = blocksOf(call);
    const part = cut.splits > 1;
    const target = part ? gpu.pool.take(cut.outputs * cut.splits * 4) : out!;
    const program = programFor(cut.tm, cut.tn, part);
    const first = program.reserve();
    layout.fill(gpu, first, call, cut);
    program.dispatch(
      [target, x!, filter!, ...(part ? [] : bias)],
      first,
      ...gridFor(gpu.profile, cut.tiles * cut.splits, size),
    );
    if (!part) return;
    const then = sum.reserve();
    layout.fill(gpu, then, call, cut);
    sum.dispatch(
      [out!, target, ...bias],
      then,
      ...gridFor(gpu.profile, cut.outputs, gpu.profile.workgroup),
    );
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
    Math.ceil(k / SHORTEST_PART),
  );
  const outputs = g * m * columns;
  // The parts must fit into a buffer, where they do not get too long by it.
  const room = Math.floor(profile.maxBufferBytes / (outputs * 4));
  const parts = Math.max(
    1,
    Math.min(Math.max(wanted, Math.ceil(k / LONGEST_PART)), room),
    Math.ceil(k / MOST_TURNS),
  );
  const chunk = Math.max(1, Math.ceil(k / parts));
  const splits = Math.max(1, Math.ceil(k / chunk));
  return {
    tm,
    tn,
    tilesM,
    tilesN,
    tiles,
    chunk,
    splits,
    outputs,
  };
}
