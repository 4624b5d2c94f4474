/**
 * Reductions with lanes along the innermost reduced dim: one result at a time.
 *
 * @module
 */

import { i32, type Local, select } from "./assembler.ts";
import { limitLanes } from "./accumulator.ts";
import { instructionsOf } from "./cost.ts";
import {
  alongInner,
  type Cursor,
  cursor,
  dimsOf,
  type LoopDim,
  nest,
  stepOf,
  takesTurns,
} from "./loops.ts";
import {
  elementAt,
  type EmitContext,
  noIndex,
  ofInputs,
  type Still,
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
import { summed } from "./squares.ts";
import { convert, loadSplat, type Quad, storeFirst } from "./values.ts";

/** Accumulators, so that the latency of additions does not matter. */
const ACCUMULATORS = 8;
/** Those of several vectors each, so that all fit the registers. */
const WIDE_ACCUMULATORS = 4;
/** Elements that each takes in before it is added to the total. */
const TAKEN = 128;
/** Elements along a row that are summed before their sum is added. */
export const BLOCK: number = TAKEN * ACCUMULATORS;

/** A part of the first reduced dim; null where it is all of it. */
type Range = readonly [Local<"i32">, Local<"i32">] | null;

/** Emits the function that reduces. */
export function reduceAlong(context: EmitContext): void {
  const { kernel, layout, f, args, range, extent } = context;
  const { rank } = kernel;
  if (extent === "shares") return reduceShares(context);
  const start = layout.dtypes.map((_, k) => f.let(layout.pointer(args, k)));
  const result = (pointers: readonly Local<"i32">[], part: Range) => {
    const total = context.whole.accumulator();
    const sum = () =>
      summed(
        context,
        [total],
        (context) => sumAlong(context, pointers.slice(1), part, total),
      );
    if (part === null) {
      sum();
      storeAlong(context, pointers, total);
      return;
    }
    const address = f.let(behind(context));
    f.if(range[0], () => loadTotals(context, [total], address));
    sum();
    f.if(
      i32.eq(range[1], layout.extent(args, rank)),
      () => storeAlong(context, pointers, total),
      () => storeTotals(context, [total], address),
    );
  };
  if (extent === "strip") return result(start, range);
  start.forEach((pointer, k) => {
    f.increase(pointer, i32.mul(range[0], layout.stride(args, k, 0)));
  });
  // Over every kept dim, the innermost one too.
  const [first, ...others] = dimsOf(f, layout, args, 0, rank);
  const dims = [{ ...first!, extent: range[1], begin: range[0] }, ...others];
  nest(f, dims, start, (pointers) => result(pointers, null));
}

/** Reduces shares of results, and leaves the totals. */
function reduceShares(context: EmitContext): void {
  const { kernel, layout, f, args, range: [begin, end] } = context;
  const [count, length] = [share(context, "count"), share(context, "length")];
  const at = f.let(begin);
  f.for(at, end, 1, () => {
    const result = f.let(i32.div_s(at, count));
    const from = f.let(
      i32.mul(i32.sub(at, i32.mul(result, count)), length),
    );
    const all = f.let(layout.extent(args, kernel.rank));
    const next = f.let(i32.add(from, length));
    const to = f.let(select(i32.lt_s(next, all), next, all));
    const pointers = layout.dtypes.map((_, k) =>
      f.let(
        i32.add(
          layout.pointer(args, k),
          i32.mul(result, layout.stride(args, k, 0)),
        ),
      )
    );
    const total = context.whole.accumulator();
    summed(
      context,
      [total],
      (context) => sumAlong(context, pointers.slice(1), [from, to], total),
    );
    const bytes = i32.mul(at, i32.const(totalBytes(context)));
    const address = f.let(i32.add(share(context, "address"), bytes));
    storeTotals(context, [total], address);
  });
}

/** Emits the function that combines the shares of results. */
export function finishAlong(context: EmitContext): void {
  const { layout, f, args, range: [begin, end], whole } = context;
  const count = share(context, "count");
  const address = f.let(share(context, "address"));
  const dims = dimsOf(f, layout, args, 0, 1);
  const start = layout.dtypes.map((_, k) => f.let(layout.pointer(args, k)));
  const range = [{ ...dims[0]!, begin, extent: end }];
  nest(f, range, start, (pointers) => {
    const total = whole.accumulator();
    const one = whole.accumulator();
    const at = f.let(i32.const(0));
    f.for(at, count, 1, () => {
      loadTotals(context, [one], address);
      whole.accumulate(total, one);
      f.increase(address, totalBytes(context));
    });
    storeAlong(context, pointers, total);
  });
}

/** Reduces everything that makes one result, or a part of it, into `total`. */
function sumAlong(
  context: EmitContext,
  pointers: readonly Local<"i32">[],
  part: Range,
  total: Quad,
): void {
  const { kernel, layout, f, args } = context;
  const { rank, reducedRank, inputs } = kernel;
  const inner = rank + reducedRank - 1;
  const divided = part !== null && reducedRank === 1;
  const length = divided
    ? f.let(i32.sub(part[1], part[0]))
    : f.hoist(layout.extent(args, inner));
  const start = part === null ? pointers : pointers.map((pointer, i) =>
    f.let(
      i32.add(pointer, i32.mul(part[0], layout.stride(args, i + 1, rank))),
    )
  );
  const dims: LoopDim[] = ofInputs(dimsOf(f, layout, args, rank, inner));
  if (part !== null && dims.length > 0) {
    dims[0] = { ...dims[0]!, begin: part[0], extent: part[1] };
  }
  nest(f, dims, start, (pointers) => {
    const still = new Map<number, Quad>();
    const cursors = inputs.map((slot, i) => {
      const pointer = pointers[i]!;
      if (stepOf(slot.access) === "none") {
        still.set(i, loadSplat(f, slot.dtype, pointer));
      }
      return cursor(
        f,
        slot,
        pointer,
        () => layout.stride(args, i + 1, inner),
      );
    });
    reduceRow(context, cursors, stillOf(context, still), length, total);
  });
}

/** Writes the result that `total` makes. */
function storeAlong(
  { kernel, layout, f, args, writer, whole }: EmitContext,
  pointers: readonly Local<"i32">[],
  total: Quad,
): void {
  whole.reduceLanes(total);
  const [result] = writer.write([kernel.epilogue], {
    arg: (index) =>
      loadSplat(f, kernel.inputs[index]!.dtype, pointers[index + 1]!),
    scalar: (index, dtype) => layout.scalar(f, args, index, dtype),
    index: noIndex,
    accumulator: convert(f, whole.result(total), kernel.element.dtype),
  });
  storeFirst(f, result!, pointers[0]!);
}

/** Reduces `length` elements into `total`, block by block. */
function reduceRow(
  context: EmitContext,
  cursors: readonly Cursor[],
  still: Still,
  length: Local<"i32">,
  total: Quad,
): void {
  const { kernel, f, combiner, whole, writer } = context;
  const inTurns = takesTurns(
    writer.lanes,
    instructionsOf([kernel.element]),
  );
  const left = f.let(length);
  const count = combiner.vectors > 1 ? WIDE_ACCUMULATORS : ACCUMULATORS;
  const parts = Array.from({ length: count }, () => combiner.accumulator());
  const limit = i32.const(TAKEN * count);
  f.loop((again) => {
    parts.forEach((part) => combiner.reset(part));
    const block = f.let(select(i32.lt_s(left, limit), left, limit));
    alongInner(
      f,
      cursors,
      block,
      { vectors: count, inTurns },
      null,
      (at, ahead, only) => {
        if (only === undefined) {
          takeIn(context, parts[ahead]!, at, still, ahead);
          return;
        }
        const value = elementAt(context, at, still, ahead);
        combiner.accumulate(
          parts[ahead]!,
          limitLanes(f, value, combiner.identity, only),
        );
      },
    );
    for (let width = count / 2; width >= 1; width /= 2) {
      for (let i = 0; i < width; i++) {
        combiner.accumulate(parts[i]!, parts[i + width]!);
      }
    }
    // Where both are one, so are what they accumulate.
    const sum = whole === combiner
      ? parts[0]!
      : convert(f, parts[0]!, total.dtype);
    whole.accumulate(total, sum);
    f.increase(left, -TAKEN * count);
    f.branchIf(again, i32.gt_s(left, i32.const(0)));
  });
}
