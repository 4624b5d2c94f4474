/**
 * Reductions with lanes along the innermost kept dim: several results at a time.
 *
 * Memory is read in order: some rows at a time, each of them over as many columns
 * as there is room for totals in the first level of cache. A walk down all rows
 * for a few columns would touch a page for each row, again and again.
 *
 * @module
 */

import { type Code, i32, type Local, select } from "./assembler.ts";
import { shiftOf } from "./engine.ts";
import {
  advance,
  type Cursor,
  cursor,
  dimsOf,
  nest,
  overRows,
  read,
  type Row,
  stepOf,
  write,
} from "./loops.ts";
import {
  type EmitContext,
  keptSlots,
  noIndex,
  ofInputs,
  stillOf,
  takeIn,
} from "./reduce_context.ts";
import {
  behind,
  loadTotals,
  share,
  storeTotals,
  totalBytes,
} from "./reduce_part.ts";
import { areModerate, squaresOf } from "./squares.ts";
import { convert, type Quad } from "./values.ts";

/** Rows that are reduced before they are combined with the totals. */
export const ROWS = 32;
/** Columns whose totals are in memory at a time, on each thread. */
const COLUMNS = 1024;
/** Bytes of the totals of a thread. */
export function totalsPerThread(whole: EmitContext["whole"]): number {
  return totalBytes({ whole }) * COLUMNS / 4;
}

/** Columns side by side: where they are, and where their totals are. */
interface Columns {
  /** The address of the first in each operand; of inputs, in the first row. */
  readonly pointers: readonly Local<"i32">[];
  readonly count: Local<"i32">;
  readonly totals: Local<"i32">;
}

/** A range of the first reduced dim. */
type Range = readonly [Code<"i32">, Code<"i32">];

/** Emits the function that reduces. */
export function reduceAcross(context: EmitContext): void {
  const { kernel, layout, f, args, range, extent } = context;
  const { rank } = kernel;
  const slots = keptSlots(kernel);
  const all = () => f.let(layout.extent(args, rank));
  if (extent === "whole") {
    const per = i32.const(totalsPerThread(context.whole));
    const first = i32.const(context.totals);
    const totals = f.let(i32.add(first, i32.mul(context.thread, per)));
    overRows(f, layout, args, range, slots, rank, ({ pointers, length }) => {
      const left = f.let(length);
      const most = i32.const(COLUMNS);
      f.loop((again) => {
        const count = f.let(select(i32.lt_s(left, most), left, most));
        const columns = { pointers, count, totals };
        const rows = [i32.const(0), all()] as const;
        accumulate(context, columns, rows, i32.const(0));
        finish(context, columns, (total, at) => {
          loadTotals(context, [total], at);
        });
        pointers.forEach((pointer, k) => {
          if (stepOf(slots[k]!.access) === "none") return;
          const shift = i32.const(shiftOf(slots[k]!.dtype));
          f.increase(pointer, i32.shl(count, shift));
        });
        f.increase(left, i32.sub(i32.const(0), count));
        f.branchIf(again, i32.gt_s(left, i32.const(0)));
      });
    });
    return;
  }
  const { pointers, length: count } = everything(context);
  if (extent === "strip") {
    const columns = { pointers, count, totals: f.let(behind(context)) };
    accumulate(context, columns, range, range[0]);
    f.if(i32.eq(range[1], all()), () => {
      finish(context, columns, (total, at) => {
        loadTotals(context, [total], at);
      });
    });
    return;
  }
  const length = share(context, "length");
  const bytes = f.let(shareBytes(context, count));
  const at = f.let(range[0]);
  f.for(at, range[1], 1, () => {
    const from = f.let(i32.mul(at, length));
    const next = f.let(i32.add(from, length));
    const to = f.let(select(i32.lt_s(next, all()), next, all()));
    const totals = f.let(
      i32.add(share(context, "address"), i32.mul(at, bytes)),
    );
    accumulate(
      context,
      { pointers, count, totals },
      [from, to],
      i32.const(0),
    );
  });
}

/** Emits the function that combines the shares of results. */
export function finishAcross(context: EmitContext): void {
  const { f, whole } = context;
  const { pointers, length: count } = everything(context);
  const bytes = f.let(shareBytes(context, count));
  const totals = f.let(share(context, "address"));
  const one = whole.accumulator();
  finish(context, { pointers, count, totals }, (total, first) => {
    const address = f.let(first);
    const at = f.let(i32.const(0));
    f.for(at, share(context, "count"), 1, () => {
      loadTotals(context, [one], address);
      whole.accumulate(total, one);
      f.increase(address, bytes);
    });
  });
}

/** All columns. */
function everything({ layout, f, args }: EmitContext): Pick<
  Row,
  "pointers" | "length"
> {
  return {
    pointers: layout.dtypes.map((_, k) => f.let(layout.pointer(args, k))),
    length: f.let(layout.extent(args, 0)),
  };
}

/** The bytes of a share of the totals of so many columns. */
function shareBytes(context: EmitContext, count: Code<"i32">): Code<"i32"> {
  const vectors = i32.shr_u(i32.add(count, i32.const(3)), i32.const(2));
  return i32.mul(vectors, i32.const(totalBytes(context)));
}

/** Reduces a range of rows into totals, which begin anew unless it goes on. */
function accumulate(
  context: EmitContext,
  columns: Columns,
  range: Range,
  goesOn: Code<"i32">,
): void {
  const { kernel, layout, f, args } = context;
  const { rank, reducedRank } = kernel;
  const inner = rank + reducedRank - 1;
  const quick = squaresOf(context) ?? context;
  f.if(i32.eqz(goesOn), () => reset(context, columns));
  const inputs = atRow(context, columns.pointers.slice(1), range[0]);
  const [first, ...others] = ofInputs(dimsOf(f, layout, args, rank, inner));
  const outer = first
    ? [{ ...first, begin: range[0], extent: f.let(range[1]) }, ...others]
    : [];
  nest(f, outer, inputs, (pointers) => {
    const left = f.let(
      first ? layout.extent(args, inner) : i32.sub(range[1], range[0]),
    );
    const some = i32.gt_s(left, i32.const(0));
    f.if(some, () => {
      f.loop((again) => {
        const most = i32.const(ROWS);
        const rows = f.let(select(i32.lt_s(left, most), left, most));
        accumulateRows(quick, { ...columns, pointers }, rows);
        pointers.forEach((pointer, i) => {
          const step = layout.stride(args, i + 1, inner);
          f.increase(pointer, i32.mul(step, most));
        });
        f.increase(left, -ROWS);
        f.branchIf(again, some);
      });
    });
  });
  if (quick !== context) mend(context, columns, range);
}

/** The address of inputs in a row of the first reduced dim. */
function atRow(
  { kernel: { rank }, layout, f, args }: EmitContext,
  inputs: readonly Local<"i32">[],
  row: Code<"i32">,
): Local<"i32">[] {
  return inputs.map((pointer, i) =>
    f.let(i32.add(pointer, i32.mul(row, layout.stride(args, i + 1, rank))))
  );
}

/** Emits a loop over vectors of columns. */
function eachVector(
  context: EmitContext,
  { count, totals }: Columns,
  body: (at: Local<"i32">, left: Local<"i32">) => void,
): void {
  const { f } = context;
  const at = f.let(totals);
  const left = f.let(count);
  const some = i32.gt_s(left, i32.const(0));
  f.if(some, () => {
    f.loop((again) => {
      body(at, left);
      f.increase(at, totalBytes(context));
      f.increase(left, -4);
      f.branchIf(again, some);
    });
  });
}

/** Writes identities as totals. */
function reset(context: EmitContext, columns: Columns): void {
  const nothing = context.whole.accumulator();
  eachVector(context, columns, (at) => storeTotals(context, [nothing], at));
}

/** The cursors of inputs along the columns, with pointers of their own. */
function cursorsOf(
  { kernel, layout, f, args }: EmitContext,
  pointers: readonly Local<"i32">[],
): Cursor[] {
  return keptSlots(kernel).slice(1).map((slot, i) =>
    cursor(
      f,
      slot,
      f.let(pointers[i]!),
      () => layout.stride(args, i + 1, kernel.rank - 1),
    )
  );
}

/** Reduces some rows of all columns, whose `pointers` are those of inputs. */
function accumulateRows(
  context: EmitContext,
  { pointers, count, totals }: Columns,
  rows: Local<"i32">,
): void {
  const { kernel, layout, f, args, combiner, whole } = context;
  const inner = kernel.rank + kernel.reducedRank - 1;
  const here = cursorsOf(context, pointers);
  const at = f.let(totals);
  const left = f.let(count);
  const [dim] = ofInputs(dimsOf(f, layout, args, inner, inner + 1));
  const some = (vectors: number) => {
    const parts = Array.from(
      { length: vectors },
      () => combiner.accumulator(),
    );
    nest(
      f,
      [{ ...dim!, extent: rows }],
      here.map(({ pointer }) => pointer),
      (pointers) => takeInRow(context, here, pointers, parts),
    );
    parts.forEach((part, i) => {
      const total = whole.accumulator();
      const address = i32.add(at, i32.const(i * totalBytes(context)));
      const there = f.let(address);
      loadTotals(context, [total], there);
      // Where both are one, so are what they accumulate.
      whole.accumulate(
        total,
        whole === combiner ? part : convert(f, part, total.dtype),
      );
      storeTotals(context, [total], there);
    });
    for (const each of here) advance(f, each, vectors);
    f.increase(at, vectors * totalBytes(context));
    f.increase(left, -4 * vectors);
  };
  for (const vectors of combiner.vectors > 1 ? [4, 1] : [8, 4, 1]) {
    const enough = i32.gt_s(left, i32.const(vectors > 1 ? 4 * vectors - 1 : 0));
    f.if(enough, () => {
      f.loop((again) => {
        some(vectors);
        f.branchIf(again, enough);
      });
    });
  }
}

/** Takes a row in, one vector for each accumulator. */
function takeInRow(
  context: EmitContext,
  cursors: readonly Cursor[],
  pointers: readonly Local<"i32">[],
  parts: readonly Quad[],
): void {
  const { f } = context;
  const here = cursors.map((cursor, i) => ({
    ...cursor,
    pointer: pointers[i]!,
  }));
  const inputs = new Map<number, Quad>();
  here.forEach((cursor, i) => {
    if (cursor.step === "none") inputs.set(i, read(f, cursor));
  });
  const still = stillOf(context, inputs);
  parts.forEach((part, ahead) => takeIn(context, part, here, still, ahead));
}

/** Makes totals of squares again, in float64, where they are not right. */
function mend(context: EmitContext, columns: Columns, range: Range): void {
  const { kernel: { rank, reducedRank }, layout, f, args, whole } = context;
  const inputs = atRow(context, columns.pointers.slice(1), range[0]);
  const here = cursorsOf(context, inputs);
  const [first, ...others] = ofInputs(
    dimsOf(f, layout, args, rank, rank + reducedRank),
  );
  const begin = f.let(range[0]);
  const dims = [{ ...first!, begin, extent: f.let(range[1]) }, ...others];
  eachVector(context, columns, (at) => {
    const total = whole.accumulator();
    loadTotals(context, [total], at);
    f.if(i32.eqz(areModerate(f, [total])), () => {
      whole.reset(total);
      nest(
        f,
        dims,
        here.map(({ pointer }) => pointer),
        (pointers) => takeInRow(context, here, pointers, [total]),
      );
      storeTotals(context, [total], at);
    });
    for (const each of here) advance(f, each);
  });
}

/** Writes the results of the totals that `load` reads. */
function finish(
  context: EmitContext,
  columns: Columns,
  load: (total: Quad, at: Local<"i32">) => void,
): void {
  const { kernel, layout, f, args, writer, whole } = context;
  const cursors = keptSlots(kernel).map((slot, k) =>
    cursor(
      f,
      slot,
      f.let(columns.pointers[k]!),
      () => layout.stride(args, k, kernel.rank - 1),
    )
  );
  eachVector(context, columns, (at, left) => {
    const total = whole.accumulator();
    load(total, at);
    const [result] = writer.write([kernel.epilogue], {
      arg: (index) => read(f, cursors[index + 1]!),
      scalar: (index, dtype) => layout.scalar(f, args, index, dtype),
      index: noIndex,
      accumulator: convert(f, whole.result(total), kernel.element.dtype),
    });
    f.if(
      i32.ge_s(left, i32.const(4)),
      () => write(f, cursors[0]!, result!, 0),
      () => write(f, cursors[0]!, result!, 0, left),
    );
    for (const each of cursors) advance(f, each);
  });
}
