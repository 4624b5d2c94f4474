/**
 * The tiles of `conv2d`: eight packed columns times all filters of a block.
 *
 * @module
 */

import { f32, f32x4, i32, type Local, select, v128 } from "../assembler.ts";
import { ZEROS } from "../addresses.ts";
import { TILE_COLUMNS } from "../matmul/micro.ts";
import { overPanels, smaller } from "../matmul/panels.ts";
import { areEightNeighbours, entryOf } from "./offsets.ts";
import { repeat } from "./pack.ts";
import {
  BIAS,
  type EmitContext,
  M,
  OUT,
  type Position,
  ROW_BYTES,
  strideOf,
} from "./emit_context.ts";

const ZERO = i32.const(0);

/** Spreads what the sums of each row begin with over a panel. */
export function fillStarts(
  context: EmitContext,
  { bias, height }: Position,
): void {
  const { f, at, biased } = context;
  const to = f.let(at.starts);
  const from = f.let(bias);
  repeat(f, f.let(height), () => {
    const value = f.let(f32x4.splat(f32.load(from)));
    f.do(v128.store(to, value));
    f.do(v128.store(to, value, 16));
    f.increase(to, ROW_BYTES);
    if (biased) f.increase(from, strideOf(context, BIAS, M));
  });
}

/** Multiplies the packed columns with all filters of the block. */
export function multiply(
  context: EmitContext,
  position: Position,
  table: Local<"i32">,
  columns: Local<"i32">,
): void {
  const { f, at, tools: { arithmetic, panels } } = context;
  const { depth, height, isFirst } = position;
  const outRow = strideOf(context, OUT, M);
  const whole = f.let(i32.ge_s(columns, i32.const(TILE_COLUMNS)));
  f.if(whole, () => f.set(whole, areEightNeighbours(table)));
  const out = f.let(position.out);
  f.if(whole, () => f.increase(out, i32.load(table)));
  // Later blocks of steps go on with what is there.
  const goesOn = f.let(i32.and(whole, i32.eqz(isFirst)));
  const start = f.let(select(isFirst, at.starts, i32.const(ZEROS)));
  const startRow = f.let(select(isFirst, i32.const(ROW_BYTES), ZERO));
  f.if(goesOn, () => {
    f.set(start, out);
    f.set(startRow, outRow);
  });
  const a = f.let(at.packedFilter);
  const bytes = f.let(i32.shl(depth, i32.const(2)));
  overPanels(f, arithmetic.rows, height, (_row, count, which) => {
    const to = f.let(select(whole, out, at.tile));
    const toRow = f.let(select(whole, outRow, i32.const(ROW_BYTES)));
    which((n) =>
      f.do(
        panels.micro[n - 1]!.call(
          a,
          at.packedColumns,
          i32.const(ROW_BYTES),
          to,
          toRow,
          start,
          startRow,
          depth,
        ),
      )
    );
    f.if(
      i32.eqz(whole),
      () => scatterTile(context, { out, table, count, columns, isFirst }),
    );
    f.increase(a, i32.mul(count, bytes));
    f.increase(out, i32.mul(count, outRow));
    f.increase(start, i32.mul(count, startRow));
  });
}

/** Writes or adds the spare tile where its columns belong. */
function scatterTile(
  context: EmitContext,
  { out, table, count, columns, isFirst }: {
    readonly out: Local<"i32">;
    readonly table: Local<"i32">;
    readonly count: Local<"i32">;
    readonly columns: Local<"i32">;
    readonly isFirst: Local<"i32">;
  },
): void {
  const { f, at } = context;
  const from = f.let(at.tile);
  const to = f.let(out);
  const bounded = smaller(f, columns, TILE_COLUMNS);
  repeat(f, f.let(count), () => {
    const column = f.let(ZERO);
    f.for(column, bounded, 1, () => {
      const place = f.let(i32.add(to, entryOf(table, column)));
      const value = f.let(
        f32.load(i32.add(from, i32.shl(column, i32.const(2)))),
      );
      f.if(
        isFirst,
        () => f.do(f32.store(place, value)),
        () => f.do(f32.store(place, f32.add(f32.load(place), value))),
      );
    });
    f.increase(from, ROW_BYTES);
    f.increase(to, strideOf(context, OUT, M));
  });
}
