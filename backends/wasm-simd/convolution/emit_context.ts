/**
 * What the emitters of `conv2d` share: the operands, the workspace, and the
 * current block.
 *
 * @module
 */

import type { ArgumentLayout } from "../arguments.ts";
import {
  type Code,
  type FunctionBuilder,
  i32,
  type Local,
} from "../assembler.ts";
import type { Arithmetic } from "../matmul/arithmetic.ts";
import { TILE_COLUMNS } from "../matmul/micro.ts";
import { type Panels, tileBytes } from "../matmul/panels.ts";
import type { Dots } from "./dots.ts";
import { type Offsets, SPARE_ENTRIES } from "./offsets.ts";
import type { PackColumns, PackRows } from "./pack.ts";

/** The dims of the loop. */
export const [B, G, M, Y, X, C, I, J] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
/** The buffers. */
export const [OUT, IN, FILTER, BIAS] = [0, 1, 2, 3] as const;
/** Bytes of a row of a tile. */
export const ROW_BYTES = 4 * TILE_COLUMNS;
/** Columns whose offsets are computed together. */
export const COLUMNS = 512;
/** Most steps of the inner dim in a block: eight columns fill a third of L1. */
export const DEPTH_LIMIT = 512;
/** Most filters in a block: packed, they take half a megabyte. */
export const ROW_LIMIT = 256;

/** The parts of the workspace. */
export const WORKSPACE_PARTS = [
  "inColumns",
  "outColumns",
  "inSteps",
  "filterSteps",
  "starts",
  "tile",
  "packedFilter",
  "packedColumns",
] as const;

type WorkspacePart = (typeof WORKSPACE_PARTS)[number];

/** The offset of each part of the workspace, and its size, in bytes. */
export function workspaceLayout(
  arithmetic: Arithmetic,
): { offsets: Readonly<Record<WorkspacePart, number>>; bytes: number } {
  const sizes: Record<WorkspacePart, number> = {
    inColumns: 4 * (COLUMNS + TILE_COLUMNS),
    outColumns: 4 * (COLUMNS + TILE_COLUMNS),
    inSteps: 4 * (DEPTH_LIMIT + SPARE_ENTRIES),
    filterSteps: 4 * (DEPTH_LIMIT + SPARE_ENTRIES),
    starts: ROW_BYTES * ROW_LIMIT,
    tile: tileBytes(arithmetic),
    packedFilter: 4 * ROW_LIMIT * DEPTH_LIMIT,
    packedColumns: ROW_BYTES * DEPTH_LIMIT,
  };
  let bytes = 0;
  const offsets = {} as Record<WorkspacePart, number>;
  for (const name of WORKSPACE_PARTS) {
    offsets[name] = bytes;
    bytes += Math.ceil(sizes[name] / 64) * 64;
  }
  return { offsets, bytes };
}

/** The functions that the loops call. */
export interface Tools {
  readonly arithmetic: Arithmetic;
  readonly panels: Panels;
  readonly offsets: Offsets;
  readonly packColumns: PackColumns;
  readonly packRows: PackRows;
  readonly dots: readonly Dots[];
}

/** What the emitters share. */
export interface EmitContext {
  readonly f: FunctionBuilder;
  readonly args: Local<"i32">;
  readonly layout: ArgumentLayout;
  readonly tools: Tools;
  readonly biased: boolean;
  /** The columns to compute. */
  readonly begin: Local<"i32">;
  readonly end: Local<"i32">;
  /** The address of each part of the workspace. */
  readonly at: Readonly<Record<WorkspacePart, Local<"i32">>>;
}

/** Operands of one group, and the current block. */
export interface Position {
  readonly out: Local<"i32">;
  readonly input: Local<"i32">;
  readonly filter: Local<"i32">;
  readonly bias: Local<"i32">;
  /** Steps of the inner dim: the first one, and how many. */
  readonly step: Local<"i32">;
  readonly depth: Local<"i32">;
  /** The number of filters in this block. */
  readonly height: Local<"i32">;
  /** Whether the sums begin here. */
  readonly isFirst: Local<"i32">;
}

/** The extent of a loop dim. */
export function extentOf(
  { f, args, layout }: EmitContext,
  dim: number,
): Local<"i32"> {
  return f.hoist(layout.extent(args, dim));
}

/** A stride in bytes. */
export function strideOf(
  { f, args, layout }: EmitContext,
  buffer: number,
  dim: number,
): Local<"i32"> {
  return f.hoist(layout.stride(args, buffer, dim));
}

/** Emits the offsets of some positions of three merged dims into a table. */
export function tabulate(
  context: EmitContext,
  table: Local<"i32">,
  buffer: number,
  dims: readonly [number, number, number],
  start: Local<"i32">,
  count: Local<"i32">,
): void {
  context.f.do(
    context.tools.offsets.call(
      table,
      start,
      count,
      extentOf(context, dims[1]),
      extentOf(context, dims[2]),
      strideOf(context, buffer, dims[0]),
      strideOf(context, buffer, dims[1]),
      strideOf(context, buffer, dims[2]),
    ),
  );
}

/** The number of contiguous steps of the inner dim. */
export function runOf(context: EmitContext, buffer: number): Local<"i32"> {
  const { f } = context;
  const run = f.let(i32.const(1));
  const follows = (dim: number, bytes: Code<"i32">, then: () => void) =>
    f.if(i32.eq(strideOf(context, buffer, dim), bytes), () => {
      f.set(run, i32.mul(run, extentOf(context, dim)));
      then();
    });
  const bytes = i32.shl(run, i32.const(2));
  follows(J, bytes, () => follows(I, bytes, () => follows(C, bytes, () => {})));
  f.if(i32.eqz(run), () => f.set(run, i32.const(1)));
  return run;
}
