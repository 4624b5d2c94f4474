/**
 * Convolution as a matrix product whose second operand is read in place: rows
 * are the channels of the output, columns its positions, and both iterate over
 * the channels and the window. A workgroup computes a tile, or every invocation
 * computes one in its registers: where there is little to do, and on processors.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import type { Program } from "../device/program.ts";
import {
  convDTypes,
  MAX_WINDOW,
  renderConv,
  renderConvSum,
} from "./conv_code.ts";
import { prepareFilterCopies } from "./conv_copies.ts";
import { type ConvCut, ConvLayout } from "./conv_layout.ts";
import { renderConvTiles } from "./conv_tiled.ts";
import { prepareProductApart } from "./apart.ts";
import { inOrder, ownFirst, productDType } from "./epilogue.ts";
import { prepareInSingle } from "./in_single.ts";
import { gridFor, spread } from "./loop.ts";
import { blocksOf } from "./rows.ts";
import { type Parts, type Pass, splitK } from "./split_k.ts";
import { SumOfParts } from "./sum_of_parts.ts";
import {
  tileColumns,
  TILED_BYTES,
  TILED_SIZE,
  tileRows,
} from "./tiled_core.ts";

/** Multiplications below which a convolution is small. */
const SMALL = 2 ** 15;
/** Rows, and columns, of an invocation of a workgroup's tile. */
const EACH = 4;
/** Columns that one tile has, as of the gradient of a filter of 3 by 3. */
const MAX_ONE_TILE = 12;
/** The fewest columns that the filter is copied for. */
const MIN_COPIED_COLUMNS = 64;
/** The least length of a tile of a row, unless rows are shorter. */
const MIN_ROW_TILE = 6;
/** The least length of a part of the sum, unless digits need shorter ones. */
const MIN_CHUNK = 64;

/** Prepares `conv2d`; null for whole numbers. */
export function prepareConv(
  gpu: Gpu,
  kernel: RoutineKernel<DType>,
): Launch | null {
  if (productDType(kernel) === "int32") return null;
  const layout = new ConvLayout(kernel);
  const programs = new Map<string, Program>();
  const size = gpu.profile.software ? 8 : 64;
  const programFor = (
    { side, tm, tn, copied, window }: Choice,
    part: boolean,
  ) => {
    const key = [side, tm, tn, copied, window, part].join();
    let program = programs.get(key);
    if (!program) {
      const dtypes = convDTypes(kernel, { part, copied });
      program = gpu.newProgram(
        side === null
          ? renderConv(layout, { dtypes, tm, tn, part, copied, window }, size)
          : renderConvTiles(layout, { side, each: EACH }, dtypes, part),
      );
      programs.set(key, program);
    }
    return program;
  };
  const sum = new SumOfParts(gpu, (form) =>
    renderConvSum(
      layout,
      form,
      convDTypes(kernel, { part: false, copied: false }),
    ));
  const copyFilter = prepareFilterCopies(gpu, kernel.inputs[1]!);
  const inSingle = prepareInSingle(gpu, kernel, prepareConv);
  const order = ownFirst(kernel);
  const apart = prepareProductApart(gpu, kernel, prepareConv);

  return (passed) => {
    const call = inOrder(passed, order);
    const choice = choose(gpu, call);
    const { outputs, parts, tiles, cut, side } = choice;
    const { chunk, passes } = parts;
    if (passes.length > 1 && productDType(kernel) === "float16") {
      return inSingle(call);
    }
    const [out, x, given, ...others] = blocksOf(call);
    const copy = choice.copied ? copyFilter(call, cut.rows) : null;
    const filter = copy ?? given!;
    const part = passes.length > 1 || passes[0]!.splits > 1;
    const results = part
      ? 1
      : side === null
      ? choice.tm * choice.tn
      : EACH * EACH;
    if (
      layout.epilogue &&
      (passes.length > 1 || !layout.epilogue.fits(results))
    ) {
      if (copy) gpu.pool.give(copy);
      apart!(passed);
      return;
    }
    const program = programFor(choice, part);
    const run = (pass: Pass, target: Block) => {
      const first = program.reserve();
      layout.fill(gpu, first, call, { ...cut, chunk, ...pass });
      const count = tiles * pass.splits;
      program.dispatch(
        [target, x!, filter, ...(part ? [] : others)],
        first,
        ...(side === null
          ? gridFor(gpu.profile, count, size)
          : spread(gpu.profile, count)),
      );
    };
    if (part) {
      const target = gpu.pool.take(outputs * passes[0]!.splits * 4);
      for (const pass of passes) {
        run(pass, target);
        sum.run(
          [out!, target, ...others],
          outputs,
          pass.splits,
          (first) => layout.fill(gpu, first, call, { ...cut, chunk, ...pass }),
        );
      }
      gpu.pool.give(target);
    } else run(passes[0]!, out!);
    if (copy) gpu.pool.give(copy);
  };
}

/** How a convolution is computed. */
interface Choice {
  /** Invocations along the rows of a workgroup's tile; null for no such tile. */
  readonly side: number | null;
  readonly tm: number;
  readonly tn: number;
  readonly copied: boolean;
  readonly window: number;
  readonly tiles: number;
  readonly outputs: number;
  readonly cut: Pick<ConvCut, "tilesM" | "tilesN" | "tilesX" | "rows">;
  readonly parts: Parts;
}

function tileOf(extent: number, largest: number): number {
  let tile = largest;
  while (tile > extent) tile /= 2;
  return tile;
}

/** The length of tiles of a row: few positions twice, then few tiles. */
function tileOfRow(extent: number, largest: number): number {
  let best = Math.min(extent, largest);
  const covered = (tile: number) => Math.ceil(extent / tile) * tile;
  for (let tile = best - 1; tile >= MIN_ROW_TILE; tile--) {
    if (covered(tile) < covered(best)) best = tile;
  }
  return best;
}

function choose({ profile }: Gpu, { shape, strides }: KernelCall): Choice {
  const [b, g, m, y, x, c, i, j] = shape as [
    ...[number, number, number, number],
    ...[number, number, number, number],
  ];
  const columns = b * y * x;
  const k = c * i * j;
  const work = g * m * columns * k;
  const tiled = !profile.software && work >= SMALL && m > 4 && columns >= 64 &&
    TILED_SIZE <= profile.workgroup && TILED_BYTES <= profile.sharedBytes;
  // A copy costs as much as some tiles read more without it.
  const copied = profile.software && work >= SMALL && m >= 4 &&
    columns >= MIN_COPIED_COLUMNS;
  // Few rows lie in a flat tile.
  const side = tiled ? m <= 16 ? 4 : m <= 32 ? 8 : 16 : null;
  const tm = copied ? tileOf(Math.max(m, 8), 16) : tileOf(m, 8);
  // Short sums are not worth the time that a large tile takes to write.
  const [along, across] = [strides[1]![7]!, strides[1]![4]!];
  // With many rows reads are few beside products, and long to compile.
  const window = !tiled && work >= SMALL && m <= 4 && !copied && j > 1 &&
      along === across && j <= MAX_WINDOW && x >= MIN_ROW_TILE
    ? j
    : 0;
  const long = profile.software && (window > 0 || copied && k >= 32);
  const largest = long ? 16 : 8;
  const tn = window > 0
    ? tileOfRow(x, largest)
    : columns <= MAX_ONE_TILE
    ? columns
    : tileOf(columns, largest);
  const form = { side: side ?? 1, each: EACH };
  const tilesM = Math.ceil(m / (tiled ? tileRows(form) : tm));
  const tilesX = Math.ceil(x / tn);
  const tilesN = window > 0
    ? b * y * tilesX
    : Math.ceil(columns / (tiled ? tileColumns(form) : tn));
  const tiles = g * tilesM * tilesN;
  const wanted = Math.min(
    Math.ceil(profile.invocations / (tiles * (tiled ? TILED_SIZE : 1))),
    Math.ceil(k / MIN_CHUNK),
  );
  const outputs = g * m * columns;
  const parts = splitK(profile, {
    terms: k,
    outputs,
    multiple: tiled ? 4 : Math.max(window, 1),
    wanted,
  });
  const cut = { tilesM, tilesN, tilesX, rows: tilesM * tm };
  return { side, tm, tn, copied, window, tiles, outputs, cut, parts };
}
