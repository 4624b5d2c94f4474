/**
 * Reduce kernels: an expression reduced over some of the dims.
 *
 * Lanes run along the innermost reduced dim where the inputs are contiguous
 * along it, and along the innermost kept dim otherwise, so that memory is read in
 * order whichever dims are reduced. Sums of float32 are made in short blocks,
 * whose results are added up in float64: the error does not grow with the length.
 *
 * @module
 */

import {
  type ComputeDType,
  type Expr,
  type KernelCall,
  type Launch,
  type ReduceKernel,
  type Slot,
  topological,
} from "@tenfold/core/backend";
import { ArgumentLayout } from "./arguments.ts";
import { type FunctionBuilder, i32, type Local, select } from "./assembler.ts";
import { type Draft, type Engine, importsOf, type Program } from "./engine.ts";
import { ExpressionWriter } from "./expression.ts";
import { Combiner, limitLanes } from "./accumulator.ts";
import {
  advance,
  alongInner,
  type Cursor,
  cursor,
  dimsOf,
  type LoopDim,
  nest,
  overRows,
  read,
  stepOf,
  write,
} from "./loops.ts";
import { costOf } from "./cost.ts";
import { launchOf } from "./launch.ts";
import { continued, PART_BYTES } from "./reduce_part.ts";
import { squaresOf, summed, sumsSquares } from "./squares.ts";
import { convert, FORMS, loadSplat, type Quad, storeFirst } from "./values.ts";

/** Elements along a row that are summed before their sum is added. */
const BLOCK = 512;
/** Rows that are summed before their sum is added, with lanes across. */
const BLOCK_ROWS = 64;
/** Accumulators, so that the latency of additions does not matter. */
const ACCUMULATORS = 4;
/**
 * Vectors across that are reduced together: two cache lines, or one where sums
 * in float64 take twice the registers.
 */
const COLUMNS = 8;
const WIDE_COLUMNS = 4;

/** What the emitters of a reduction share. */
export interface EmitContext {
  readonly kernel: ReduceKernel;
  readonly layout: ArgumentLayout;
  readonly f: FunctionBuilder;
  readonly args: Local<"i32">;
  readonly range: readonly [Local<"i32">, Local<"i32">];
  readonly writer: ExpressionWriter;
  readonly combiner: Combiner;
  /** Combines the results of blocks. */
  readonly whole: Combiner;
  /** Whether the range is of the first reduced dim, not of the first kept one. */
  readonly inParts: boolean;
}

/** Whether the lanes should run along the kept dims. */
function runsAcross({ inputs }: ReduceKernel): boolean {
  const along = inputs.map(({ access }) => stepOf(access));
  const across = inputs.map(({ kept }) => stepOf(kept));
  return along.includes("strided") && !across.includes("strided") &&
    across.includes("unit");
}

/**
 * Compiles a reduce kernel.
 *
 * @param engine The engine that runs it.
 * @param kernel The kernel.
 * @returns The function that launches it.
 */
export function compileReduce(
  engine: Engine,
  kernel: ReduceKernel,
): Launch {
  const { inputs, output, element, epilogue } = kernel;
  const layout = new ArgumentLayout(
    [output, ...inputs.map(({ dtype }) => dtype)],
    kernel.rank + kernel.reducedRank,
    [element, epilogue],
  );
  const across = runsAcross(kernel);
  const cost = costOf([element]);
  // Lanes across columns should be whole.
  const grain = across && kernel.rank === 1 ? 4 * COLUMNS : 1;
  const rows = { dim: 0, outputs: 1 };
  const divides = kernel.rank === 1 && !sumsSquares(kernel);
  const inParts = ({ shape }: KernelCall) =>
    divides && (across || shape[0] === 1);
  const used = usedBy(element);
  const late = inputs.flatMap((_, i) => used.has(i) ? [] : [i + 1]);
  let parts: Program | null = null;
  return launchOf(engine, {
    program: programOf(engine, kernel, layout, false),
    layout,
    work(call) {
      const { shape } = call;
      let elements = 1;
      for (const extent of shape) elements *= extent;
      const nanoseconds = elements * cost;
      return { entry: "run", size: shape[0]!, grain, nanoseconds, rows };
    },
    parts: (call) =>
      inParts(call)
        ? {
          program: () => parts ??= programOf(engine, kernel, layout, true),
          dim: 1,
          size: call.shape[1]!,
          late,
          bytes: PART_BYTES * Math.ceil(call.shape[0]! / 4),
        }
        : null,
  });
}

/** The module of a kernel, of which `run` reduces everything or a part. */
function programOf(
  engine: Engine,
  kernel: ReduceKernel,
  layout: ArgumentLayout,
  inParts: boolean,
): Program {
  const { element, epilogue, combine } = kernel;
  const draft: Draft = engine.draft(importsOf([element, epilogue]));
  draft.module.func("run", ["i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
  ) => {
    const writer = new ExpressionWriter(f, engine.fused, draft.imported);
    const combiner = new Combiner(
      writer.lanes,
      combine,
      element.dtype as ComputeDType,
    );
    const whole = combine === "sum" && FORMS[element.dtype].lanes === "f32"
      ? new Combiner(writer.lanes, combine, "float64")
      : combiner;
    const range = [begin, end] as const;
    const shared = { kernel, layout, f, args, range, writer, combiner, whole };
    const context = { ...shared, inParts };
    if (runsAcross(kernel)) reduceAcross(context);
    else reduceAlong(context);
  });
  return engine.finish(draft);
}

/** The inputs that an expression reads. */
function usedBy(expr: Expr): Set<number> {
  return new Set(
    topological([expr]).flatMap((node) =>
      node.kind === "arg" ? [node.index] : []
    ),
  );
}

/** The operands along the kept dims, the output first. */
function keptSlots({ output, inputs }: ReduceKernel): Slot[] {
  return [
    { dtype: output, access: "dense" },
    ...inputs.map(({ dtype, kept }) => ({ dtype, access: kept })),
  ];
}

/** Emits the element expression at the cursors. */
function elementAt(
  { kernel, layout, f, args, writer }: EmitContext,
  cursors: readonly Cursor[],
  still: Still,
  ahead: number,
): Quad {
  return writer.write(
    [kernel.element],
    {
      arg: (index) =>
        still.inputs.get(index) ?? read(f, cursors[index]!, ahead),
      scalar: (index, dtype) => layout.scalar(f, args, index, dtype),
      index: noIndex,
    },
    still.parts,
  )[0]!;
}

/** What stays the same along a loop: inputs, and what is made of them alone. */
interface Still {
  readonly inputs: ReadonlyMap<number, Quad>;
  readonly parts: ReadonlyMap<Expr, Quad>;
}

function stillOf(
  { kernel, layout, f, args, writer }: EmitContext,
  inputs: ReadonlyMap<number, Quad>,
): Still {
  const parts = writer.writeStill(
    [kernel.element],
    inputs,
    (index, dtype) => layout.scalar(f, args, index, dtype),
  );
  return { inputs, parts };
}

function noIndex(): never {
  throw new Error("Cannot use a position in a reduction: its dims are merged");
}

/** Lanes along the innermost reduced dim: one result at a time. */
function reduceAlong(context: EmitContext): void {
  const { kernel, layout, f, args, range, inParts } = context;
  const { rank } = kernel;
  // Over every kept dim, the innermost one too; in parts there is one result.
  const kept = dimsOf(f, layout, args, 0, rank);
  const dims = inParts
    ? []
    : [{ ...kept[0]!, extent: range[1], begin: range[0] }, ...kept.slice(1)];
  const start = layout.dtypes.map((_, k) => {
    const pointer = f.let(layout.pointer(args, k));
    const dim = inParts ? rank : 0;
    f.increase(pointer, i32.mul(range[0], layout.stride(args, k, dim)));
    return pointer;
  });
  nest(f, dims, start, (pointers) => {
    const total = context.whole.accumulator();
    continued(
      context,
      [total],
      f.let(i32.const(0)),
      () => {
        summed(
          context,
          [total],
          (context) => sumAlong(context, pointers, total),
        );
      },
      () => storeAlong(context, pointers, total),
    );
  });
}

/** Reduces everything that makes one result into `total`. */
function sumAlong(
  context: EmitContext,
  pointers: readonly Local<"i32">[],
  total: Quad,
): void {
  const { kernel, layout, f, args, range, inParts } = context;
  const { rank, reducedRank, inputs } = kernel;
  const inner = rank + reducedRank - 1;
  const [begin, end] = range;
  const divided = inParts && reducedRank === 1;
  const length = divided
    ? f.let(i32.sub(end, begin))
    : f.hoist(layout.extent(args, inner));
  const outer = partOf(context, dimsOf(f, layout, args, rank, inner));
  nest(f, outer, pointers, ([, ...inputPointers]) => {
    const still = new Map<number, Quad>();
    const cursors = inputs.map((slot, i) => {
      const pointer = inputPointers[i]!;
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

/** Reduced dims of which the first is divided where it is done in parts. */
function partOf(
  { range: [begin, end], inParts }: EmitContext,
  dims: readonly LoopDim[],
): LoopDim[] {
  return dims.map((dim, d) =>
    inParts && d === 0 ? { ...dim, begin, extent: end } : dim
  );
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
    accumulator: convert(f, total, kernel.element.dtype),
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
  const { f, combiner, whole } = context;
  const left = f.let(length);
  const parts = Array.from(
    { length: ACCUMULATORS },
    () => combiner.accumulator(),
  );
  const limit = i32.const(BLOCK);
  f.loop((again) => {
    parts.forEach((part) => combiner.reset(part));
    const block = f.let(select(i32.lt_s(left, limit), left, limit));
    alongInner(
      f,
      cursors,
      block,
      ACCUMULATORS,
      null,
      (at, ahead, count) => {
        const value = elementAt(context, at, still, ahead);
        combiner.accumulate(
          parts[ahead]!,
          count === undefined
            ? value
            : limitLanes(f, value, combiner.identity, count),
        );
      },
    );
    for (let width = ACCUMULATORS / 2; width >= 1; width /= 2) {
      for (let i = 0; i < width; i++) {
        combiner.accumulate(parts[i]!, parts[i + width]!);
      }
    }
    whole.accumulate(total, convert(f, parts[0]!, total.dtype));
    f.increase(left, -BLOCK);
    f.branchIf(again, i32.gt_s(left, i32.const(0)));
  });
}

/** Lanes along the innermost kept dim: several results at a time. */
function reduceAcross(context: EmitContext): void {
  const { kernel, layout, f, args, inParts } = context;
  const slots = keptSlots(kernel);
  const range = inParts
    ? [f.let(i32.const(0)), f.let(layout.extent(args, 0))] as const
    : context.range;
  overRows(f, layout, args, range, slots, kernel.rank, (row) => {
    const at = f.let(i32.const(0));
    const left = f.let(row.length);
    const some = (vectors: number, count?: Local<"i32">) => {
      const cursors = slots.map((slot, k) =>
        cursor(
          f,
          slot,
          row.pointers[k]!,
          () => layout.stride(args, k, kernel.rank - 1),
        )
      );
      reduceColumns(context, cursors, vectors, at, count);
      if (inParts) f.increase(at, vectors * PART_BYTES);
      for (const cursor of cursors) advance(f, cursor, vectors);
      f.increase(left, -4 * vectors);
    };
    const { whole, combiner } = context;
    const columns = whole === combiner && !squaresOf(context)
      ? COLUMNS
      : WIDE_COLUMNS;
    const many = i32.ge_s(left, i32.const(4 * columns));
    f.if(many, () => {
      f.loop((again) => {
        some(columns);
        f.branchIf(again, many);
      });
    });
    f.if(i32.gt_s(left, i32.const(0)), () => {
      f.loop((again) => {
        some(1, left);
        f.branchIf(again, i32.gt_s(left, i32.const(0)));
      });
    });
  });
}

/** Reduces some vectors of columns over all reduced dims and writes them. */
function reduceColumns(
  context: EmitContext,
  cursors: readonly Cursor[],
  vectors: number,
  at: Local<"i32">,
  count?: Local<"i32">,
): void {
  const { whole } = context;
  const totals = Array.from({ length: vectors }, () => whole.accumulator());
  continued(
    context,
    totals,
    at,
    () => {
      summed(
        context,
        totals,
        (context) => sumColumns(context, cursors, totals),
      );
    },
    () => storeColumns(context, cursors, totals, count),
  );
}

/** Writes the results that `totals` make. */
function storeColumns(
  context: EmitContext,
  cursors: readonly Cursor[],
  totals: readonly Quad[],
  count?: Local<"i32">,
): void {
  const { kernel, layout, f, args, writer } = context;
  totals.forEach((total, ahead) => {
    const [result] = writer.write([kernel.epilogue], {
      arg: (index) => read(f, cursors[index + 1]!, ahead),
      scalar: (index, dtype) => layout.scalar(f, args, index, dtype),
      index: noIndex,
      accumulator: convert(f, total, kernel.element.dtype),
    });
    const out = cursors[0]!;
    if (count === undefined) write(f, out, result!, ahead);
    else {
      f.if(
        i32.ge_s(count, i32.const(4)),
        () => write(f, out, result!, ahead),
        () => write(f, out, result!, ahead, count),
      );
    }
  });
}

/** Reduces vectors of columns into `totals`, some rows at a time. */
function sumColumns(
  context: EmitContext,
  cursors: readonly Cursor[],
  totals: readonly Quad[],
): void {
  const { kernel, layout, f, args, range, combiner, whole, inParts } = context;
  const { rank, reducedRank } = kernel;
  const parts = totals.map(() => combiner.accumulator());
  const dims = partOf(
    context,
    dimsOf(f, layout, args, rank, rank + reducedRank),
  );
  const rows = f.let(i32.const(0));
  const flush = () => {
    totals.forEach((total, i) => {
      whole.accumulate(total, convert(f, parts[i]!, total.dtype));
      combiner.reset(parts[i]!);
    });
    f.set(rows, i32.const(0));
  };
  const start = cursors.map(({ pointer }, k) =>
    inParts
      ? f.let(i32.add(pointer, i32.mul(range[0], layout.stride(args, k, rank))))
      : pointer
  );
  nest(f, dims, start, (pointers) => {
    const here = cursors.slice(1).map((cursor, i) => ({
      ...cursor,
      pointer: pointers[i + 1]!,
    }));
    const still = new Map<number, Quad>();
    here.forEach((cursor, i) => {
      if (cursor.step === "none") still.set(i, read(f, cursor));
    });
    const all = stillOf(context, still);
    parts.forEach((part, ahead) => {
      combiner.accumulate(part, elementAt(context, here, all, ahead));
    });
    f.increase(rows, 1);
    f.if(i32.ge_s(rows, i32.const(BLOCK_ROWS)), flush);
  });
  flush();
}
