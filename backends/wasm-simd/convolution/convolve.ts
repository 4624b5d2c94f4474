/**
 * The loops of `conv2d`. Rows are the filters `m`, columns the positions
 * `(b, y, x)`, and the inner dim is `(c, i, j)`.
 *
 * A block of filters is packed once and stays in the second level of cache.
 * Then eight columns at a time are packed and multiplied with all of it, so
 * that they never leave the first level.
 *
 * @module
 */

import {
  type Code,
  type FunctionBuilder,
  i32,
  type Local,
  select,
} from "../assembler.ts";
import { ZEROS } from "../addresses.ts";
import { ROUND, TILE_COLUMNS } from "../matmul/micro.ts";
import { overPanels, smaller } from "../matmul/panels.ts";
import { entryOf } from "./offsets.ts";
import { overRuns, SHORTEST_RUN } from "./pack.ts";
import {
  B,
  BIAS,
  C,
  COLUMNS,
  DEPTH_LIMIT,
  type EmitContext,
  extentOf,
  FILTER,
  G,
  I,
  IN,
  J,
  M,
  OUT,
  type Position,
  ROW_LIMIT,
  runOf,
  strideOf,
  tabulate,
  X,
  Y,
} from "./emit_context.ts";
import { fillStarts, multiply } from "./tiles.ts";

const ZERO = i32.const(0);

/** Computes columns `begin` to `end` of every group. */
export function convolve(context: EmitContext): void {
  const { f, args, layout, biased, at } = context;
  const pointer = (buffer: number) => f.let(layout.pointer(args, buffer));
  const out = pointer(OUT);
  const input = pointer(IN);
  const filter = pointer(FILTER);
  const bias = biased ? pointer(BIAS) : f.let(i32.const(ZEROS));
  const steps = f.let(
    i32.mul(
      extentOf(context, C),
      i32.mul(extentOf(context, I), extentOf(context, J)),
    ),
  );
  const inRun = runOf(context, IN);
  const filterRun = runOf(context, FILTER);
  const most = f.let(blockDepth(f, steps));
  const rows = extentOf(context, M);
  const group = f.let(ZERO);
  f.for(group, extentOf(context, G), 1, () => {
    const step = f.let(ZERO);
    // Without any steps, one block of none writes what sums begin with.
    f.loop((again) => {
      const depth = f.let(i32.sub(steps, step));
      f.set(depth, select(i32.lt_s(depth, most), depth, most));
      tabulate(context, at.inSteps, IN, [C, I, J], step, depth);
      tabulate(context, at.filterSteps, FILTER, [C, I, J], step, depth);
      const isFirst = f.let(i32.eqz(step));
      const filtersHere = f.let(filter);
      const biasHere = f.let(bias);
      const outHere = f.let(out);
      const rowBlock = f.let(ZERO);
      f.for(rowBlock, rows, ROW_LIMIT, () => {
        const position: Position = {
          out: outHere,
          input,
          filter: filtersHere,
          bias: biasHere,
          step,
          depth,
          height: smaller(f, i32.sub(rows, rowBlock), ROW_LIMIT),
          isFirst,
        };
        packFilters(context, position, filterRun);
        f.if(isFirst, () => fillStarts(context, position));
        overColumns(context, position, inRun);
        const next = (here: Local<"i32">, stride: Local<"i32">) =>
          f.increase(here, i32.mul(stride, i32.const(ROW_LIMIT)));
        next(filtersHere, strideOf(context, FILTER, M));
        next(outHere, strideOf(context, OUT, M));
        if (biased) next(biasHere, strideOf(context, BIAS, M));
      });
      f.increase(step, most);
      f.branchIf(again, i32.lt_s(step, steps));
    });
    f.increase(out, strideOf(context, OUT, G));
    f.increase(input, strideOf(context, IN, G));
    f.increase(filter, strideOf(context, FILTER, G));
    if (biased) f.increase(bias, strideOf(context, BIAS, G));
  });
}

/** Divides the steps into blocks of about the same depth. */
function blockDepth(
  f: FunctionBuilder,
  steps: Local<"i32">,
): Code<"i32"> {
  const rounded = (value: Code<"i32">, by: Code<"i32">) =>
    i32.div_s(i32.add(value, i32.sub(by, i32.const(1))), by);
  const blocks = f.let(rounded(steps, i32.const(DEPTH_LIMIT)));
  f.if(i32.eqz(blocks), () => f.set(blocks, i32.const(1)));
  const even = f.let(rounded(steps, blocks));
  // Whole rounds of the innermost kernel.
  return i32.and(i32.add(even, i32.const(ROUND - 1)), i32.const(-ROUND));
}

/** Where the panel that begins with this row is. */
function packedAt(
  { at }: EmitContext,
  { depth }: Position,
  row: Local<"i32">,
): Code<"i32"> {
  const elements = i32.mul(row, depth);
  return i32.add(at.packedFilter, i32.shl(elements, i32.const(2)));
}

/** Packs a block of filters, a panel at a time. */
function packFilters(
  context: EmitContext,
  position: Position,
  run: Local<"i32">,
): void {
  const { f, at, tools: { arithmetic, panels, packRows } } = context;
  const { step, depth, height, filter } = position;
  const between = strideOf(context, FILTER, M);
  const runs = f.let(i32.ge_s(run, i32.const(SHORTEST_RUN)));
  const behind = f.let(i32.rem_u(step, run));
  overPanels(f, arithmetic.rows, height, (row, count, which) => {
    const from = f.let(i32.add(filter, i32.mul(row, between)));
    const to = f.let(packedAt(context, position, row));
    f.if(runs, () => {
      const table = f.let(at.filterSteps);
      const bytes = i32.shl(count, i32.const(2));
      overRuns(f, depth, run, behind, (length) => {
        const first = f.let(i32.add(from, i32.load(table)));
        which((n) =>
          f.do(
            panels.pack[n - 1]!.call(
              first,
              between,
              i32.const(4),
              to,
              length,
              count,
            ),
          )
        );
        f.increase(table, i32.shl(length, i32.const(2)));
        f.increase(to, i32.mul(length, bytes));
      });
    }, () => {
      f.do(packRows.call(from, between, at.filterSteps, to, depth, count));
    });
  });
}

/** Packs eight columns at a time, and multiplies them. */
function overColumns(
  context: EmitContext,
  position: Position,
  run: Local<"i32">,
): void {
  const { f, at, begin, end, tools } = context;
  const { step, depth, input } = position;
  const behind = f.let(i32.rem_u(step, run));
  const block = f.let(begin);
  f.for(block, end, COLUMNS, () => {
    const width = smaller(f, i32.sub(end, block), COLUMNS);
    tabulate(context, at.inColumns, IN, [B, Y, X], block, width);
    tabulate(context, at.outColumns, OUT, [B, Y, X], block, width);
    repeatLast(f, at.inColumns, width);
    const inTable = f.let(at.inColumns);
    const outTable = f.let(at.outColumns);
    const column = f.let(ZERO);
    f.for(column, width, TILE_COLUMNS, () => {
      f.do(
        tools.packColumns.call(
          input,
          inTable,
          at.inSteps,
          at.packedColumns,
          depth,
          run,
          behind,
        ),
      );
      multiply(
        context,
        position,
        outTable,
        f.let(i32.sub(width, column)),
      );
      f.increase(inTable, 4 * TILE_COLUMNS);
      f.increase(outTable, 4 * TILE_COLUMNS);
    });
  });
}

/** Fills the last panel of a table up with its last entry. */
function repeatLast(
  f: FunctionBuilder,
  table: Local<"i32">,
  count: Local<"i32">,
): void {
  const last = f.let(i32.sub(count, i32.const(1)));
  const value = f.let(entryOf(table, last));
  const at = f.let(count);
  const full = i32.and(
    i32.add(count, i32.const(TILE_COLUMNS - 1)),
    i32.const(-TILE_COLUMNS),
  );
  f.for(at, f.let(full), 1, () => {
    f.do(i32.store(i32.add(table, i32.shl(at, i32.const(2))), value));
  });
}
