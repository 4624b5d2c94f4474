/**
 * Maps some of whose inputs lie along another dim than the outputs: a workgroup
 * reads a tile of these as they lie, and writes it as the outputs do, so that
 * neighbouring invocations use neighbouring memory both times.
 *
 * @module
 */
import type { KernelCall } from "@tenfold/core/backend";
import type { Profile } from "../device/profile.ts";
import type { ProgramSource } from "../device/program.ts";
import { type GpuDType, gpuOf } from "../wgsl/dtype.ts";
import { renderExpressions } from "../wgsl/expression.ts";
import { int, uint } from "../wgsl/params.ts";
import {
  elementIndex,
  mainOf,
  splitPositions,
  workgroupNumber,
  WORKGROUPS,
} from "./loop.ts";
import type { MapLayout } from "./map_layout.ts";

/** Rows and columns of a tile. */
const SIDE = 32;
/** Elements from one row of a tile to the next: no two share a memory bank. */
const PITCH = SIDE + 1;
/** Inputs that pass through tiles, at most: together they take 12 KiB. */
const MAX_TILED = 3;
/** The fewest elements that are worth a pipeline of their own. */
const MIN_ELEMENTS = 16384;

/** Which inputs pass through tiles, and along which dim they lie. */
export interface Transposition {
  /** The dim along which they have stride 1. */
  readonly dim: number;
  /** Their slots. */
  readonly slots: readonly number[];
}

/** Finds inputs of a call that lie along another dim than all of its outputs. */
export function transpositionOf(
  profile: Profile,
  { kernel, operands }: MapLayout,
  { buffers, shape, strides }: KernelCall,
  total: number,
): Transposition | null {
  const last = kernel.rank - 1;
  if (profile.software || last === 0 || total < MIN_ELEMENTS) return null;
  if (shape[last]! < SIDE || profile.workgroup % SIDE !== 0) return null;
  const outputs = kernel.outputs.length;
  for (let o = 0; o < outputs; o++) if (strides[o]![last] !== 1) return null;
  let dim = -1;
  const slots: number[] = [];
  for (let slot = outputs; slot < operands.length; slot++) {
    const i = operands[slot]!;
    const lies = strides[i]!;
    if (Math.abs(lies[last]!) < SIDE) continue;
    const along = lies.indexOf(1);
    if (along < 0 || shape[along]! < SIDE || dim >= 0 && along !== dim) {
      continue;
    }
    // What is written may be read by another invocation before or after.
    for (let o = 0; o < outputs; o++) {
      if (buffers[o] === buffers[i]) return null;
    }
    dim = along;
    if (slots.length < MAX_TILED) slots.push(slot);
  }
  return dim < 0 ? null : { dim, slots };
}

/** The number of tiles of a loop. */
export function tilesOf(shape: readonly number[], dim: number): number {
  return shape.reduce(
    (tiles, extent, d) =>
      tiles *
      (d === dim || d === shape.length - 1 ? Math.ceil(extent / SIDE) : extent),
    1,
  );
}

/** Renders the shader; its count is that of the tiles. */
export function renderTransposed(
  layout: MapLayout,
  { dim, slots: tiled }: Transposition,
  size: number,
): ProgramSource {
  const { extents, kernel, operandLayouts, scalars, slots, used } = layout;
  const { exprs, outputs, rank } = kernel;
  const last = rank - 1;
  const across = size / SIDE;
  const steps = Array.from({ length: SIDE / across }, (_, i) => i * across);
  const others = [...extents.words.keys()]
    .filter((d) => d !== dim && d !== last);
  const at = (slot: number) => elementIndex(operandLayouts[slot]!, "p");
  const isInside = [dim, last]
    .map((d) => `(p${d} < ${int(extents.words[d]!)})`).join(" & ");
  /** Positions where rows of the tile lie along one dim, columns along another. */
  const positions = (row: number, column: number, step: number) => [
    `let p${row} = first${row} + row + ${step};`,
    `let p${column} = first${column} + column;`,
  ];
  const { statements, values } = renderExpressions(exprs, {
    arg: (index) => `x${index}`,
    scalar: (index, dtype) => scalars.name(index, dtype),
    position: (d) => `p${d}`,
  });
  return {
    label: "map by tiles",
    operands: slots.map(({ dtype }, i) => ({
      type: gpuOf(dtype).memory,
      writes: i < outputs.length,
    })),
    words: layout.words,
    code: (names) =>
      [
        ...tiled.map((slot) =>
          `var<workgroup> tile${slot}: array<${
            gpuOf(slots[slot]!.dtype).memory
          }, ${SIDE * PITCH}>;`
        ),
        mainOf(size, WORKGROUPS),
        `let t = ${workgroupNumber()};`,
        `if (t >= ${uint(layout.count)}) {`,
        "return;",
        "}",
        `let row = i32(lane / ${SIDE}u);`,
        `let column = i32(lane % ${SIDE}u);`,
        "var rest: u32 = t;",
        ...[last, dim].flatMap((d) => {
          const tiles = `((${uint(extents.words[d]!)} + ${
            SIDE - 1
          }u) / ${SIDE}u)`;
          return [
            `let first${d} = i32(rest % ${tiles}) * ${SIDE};`,
            `rest = rest / ${tiles};`,
          ];
        }),
        ...(others.length > 0
          ? splitPositions(
            { words: others.map((d) => extents.words[d]!) },
            "rest",
            "q",
          )
          : []),
        ...others.map((d, i) => `let p${d} = q${i};`),
        ...steps.flatMap((step) => [
          "{",
          ...positions(last, dim, step),
          `if (${isInside}) {`,
          ...tiled.map((slot) =>
            `tile${slot}[(row + ${step}) * ${PITCH} + column] = ${
              names[slot]
            }[${at(slot)}];`
          ),
          "}",
          "}",
        ]),
        "workgroupBarrier();",
        ...steps.flatMap((step) => [
          "{",
          ...positions(dim, last, step),
          `if (${isInside}) {`,
          ...used.map((input, i) => {
            const slot = outputs.length + i;
            const element = tiled.includes(slot)
              ? `tile${slot}[column * ${PITCH} + row + ${step}]`
              : `${names[slot]}[${at(slot)}]`;
            const dtype = slots[slot]!.dtype as GpuDType;
            return `let x${input} = ${gpuOf(dtype).load(element)};`;
          }),
          ...statements,
          ...outputs.map(({ dtype }, i) =>
            `${names[i]}[${at(i)}] = ${gpuOf(dtype).store(values[i]!)};`
          ),
          "}",
          "}",
        ]),
        "}",
      ].join("\n"),
  };
}
