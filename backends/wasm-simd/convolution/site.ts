/**
 * What the loops of `conv2d` are written with: the operands, the workspace, and
 * the block at hand.
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
import { elementBytes, TILE_COLUMNS } from "../matmul/micro.ts";
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
export const depthLimit = ({ spread }: Arithmetic): number =>
  spread ? 256 : 512;
/** Most filters in a block: packed, they take half a megabyte. */
export const rowLimit = (arithmetic: Arithmetic): number =>
  2 ** 19 / (depthLimit(arithmetic) * elementBytes(arithmetic));

/** What the workspace holds. */
export const PLACES = [
  "inColumns",
  "outColumns",
  "inSteps",
  "filterSteps",
  "starts",
  "tile",
  "packedFilter",
  "packedColumns",
] as const;

type Place = (typeof PLACES)[number];

/** Where the parts of the workspace are, in bytes, and its size. */
export function placesOf(
  arithmetic: Arithmetic,
): { offsets: Readonly<Record<Place, number>>; bytes: number } {
  const depth = depthLimit(arithmetic);
  const rows = rowLimit(arithmetic);
  const sizes: Record<Place, number> = {
    inColumns: 4 * (COLUMNS + TILE_COLUMNS),
    outColumns: 4 * (COLUMNS + TILE_COLUMNS),
    inSteps: 4 * (depth + SPARE_ENTRIES),
    filterSteps: 4 * (depth + SPARE_ENTRIES),
    starts: ROW_BYTES * rows,
    tile: tileBytes(arithmetic),
    packedFilter: rows * depth * elementBytes(arithmetic),
    packedColumns: ROW_BYTES * depth,
  };
  let bytes = 0;
  const offsets = {} as Record<Place, number>;
  for (const name of PLACES) {
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

/** What the loops are written with. */
export interface Site {
  readonly f: FunctionBuilder;
  readonly args: Local<"i32">;
  readonly layout: ArgumentLayout;
  readonly tools: Tools;
  readonly biased: boolean;
  /** The columns to compute. */
  readonly begin: Local<"i32">;
  readonly end: Local<"i32">;
  /** Where the parts of the workspace are. */
  readonly at: Readonly<Record<Place, Local<"i32">>>;
}

/** Operands of one group, and the block at hand. */
export interface Position {
  readonly out: Local<"i32">;
  readonly input: Local<"i32">;
  readonly filter: Local<"i32">;
  readonly bias: Local<"i32">;
  /** Steps of the inner dim: the first one, and how many. */
  readonly step: Local<"i32">;
  readonly depth: Local<"i32">;
  /** How many of filters there are in this block. */
  readonly height: Local<"i32">;
  /** Whether the sums begin here. */
  readonly isFirst: Local<"i32">;
}

/** The extent of a loop dim. */
export function extentOf({ f, args, layout }: Site, dim: number): Local<"i32"> {
  return f.hoist(layout.extent(args, dim));
}

/** A stride in bytes. */
export function strideOf(
  { f, args, layout }: Site,
  buffer: number,
  dim: number,
): Local<"i32"> {
  return f.hoist(layout.stride(args, buffer, dim));
}

/** Writes the table of some positions of three merged dims. */
export function tabulate(
  site: Site,
  table: Local<"i32">,
  buffer: number,
  dims: readonly [number, number, number],
  start: Local<"i32">,
  count: Local<"i32">,
): void {
  site.f.do(
    site.tools.offsets.call(
      table,
      start,
      count,
      extentOf(site, dims[1]),
      extentOf(site, dims[2]),
      strideOf(site, buffer, dims[0]),
      strideOf(site, buffer, dims[1]),
      strideOf(site, buffer, dims[2]),
    ),
  );
}

/** How many steps of the inner dim lie side by side at a time. */
export function runOf(site: Site, buffer: number): Local<"i32"> {
  const { f } = site;
  const run = f.let(i32.const(1));
  const follows = (dim: number, bytes: Code<"i32">, then: () => void) =>
    f.if(i32.eq(strideOf(site, buffer, dim), bytes), () => {
      f.set(run, i32.mul(run, extentOf(site, dim)));
      then();
    });
  const bytes = i32.shl(run, i32.const(2));
  follows(J, bytes, () => follows(I, bytes, () => follows(C, bytes, () => {})));
  f.if(i32.eqz(run), () => f.set(run, i32.const(1)));
  return run;
}
