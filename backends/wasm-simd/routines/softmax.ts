/**
 * `softmax` and `logSoftmax` along a row of float32. The powers are summed in
 * short blocks, whose sums are added up in float64.
 *
 * @module
 */

import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import {
  type Code,
  f32x4,
  type FunctionBuilder,
  i32,
  type Local,
  select,
  v128,
} from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { ExpressionWriter } from "../expression.ts";
import { Combiner, limitLanes } from "../accumulator.ts";
import {
  alongInner,
  type Cursor,
  read,
  type VectorBody,
  write,
} from "../loops.ts";
import { expBelow, log } from "../math/exponential.ts";
import type { Lanes, Vector } from "../math/lanes.ts";
import { convert, type Quad, storeDense, storeScattered } from "../values.ts";
import { compileMatrices, type MatrixEmitContext } from "./matrices.ts";

const FLOAT = "float32";
/** Sums along a row that are made side by side. */
const SUMS = 4;
/** Elements that one of them takes in before it is added to the whole. */
const BLOCK = 128;
/** The same with lanes across rows. */
const BLOCK_ROWS = 64;

/** Compiles the routine; null for dtypes that it does not have. */
export function compileSoftmax(
  engine: Engine,
  { name, rank, inputs }: RoutineKernel,
): Launch | null {
  if (inputs[0] !== FLOAT) return null;
  const logarithm = name === "logSoftmax";
  return compileMatrices(engine, [FLOAT, FLOAT], rank, (context) => {
    const { f, rows, columns } = context;
    const writer = new ExpressionWriter(f, engine.fused, () => {
      throw new Error("Softmax imports nothing");
    });
    const { lanes } = writer;
    const unit = (steps: readonly Code<"i32">[]) =>
      i32.and(
        i32.eq(steps[0]!, i32.const(4)),
        i32.eq(steps[1]!, i32.const(4)),
      );
    f.if(
      unit(columns.steps),
      () => alongRows(lanes, context, "unit", logarithm),
      () =>
        f.if(
          unit(rows.steps),
          () => acrossRows(lanes, context, logarithm),
          () => alongRows(lanes, context, "strided", logarithm),
        ),
    );
  });
}

/** Lanes along the row. */
function alongRows(
  lanes: Lanes,
  { f, pointers, rows, columns }: MatrixEmitContext,
  step: "unit" | "strided",
  logarithm: boolean,
): void {
  // NaN comes back with the powers.
  const max = new Combiner(lanes, "top", FLOAT);
  const sum = new Combiner(lanes, "sum", FLOAT);
  const whole = new Combiner(lanes, "sum", "float64");
  const distances = columns.steps.map((one) => {
    if (step === "unit") return [];
    const two = f.let(i32.add(one, one));
    return [one, two, f.let(i32.add(two, one))];
  });
  const cursors = (): Cursor[] =>
    pointers.map((pointer, k) => ({
      slot: { dtype: FLOAT, access: step === "unit" ? "dense" : "strided" },
      step,
      pointer: f.let(pointer),
      distances: distances[k]!,
    }));
  const unroll = step === "unit" ? SUMS : 1;
  const over = (
    cursors: readonly Cursor[],
    length: Local<"i32">,
    body: VectorBody,
  ) => alongInner(f, cursors, length, unroll, null, body);
  const overRow = (body: VectorBody) => over(cursors(), columns.extent, body);
  const store = (
    cursor: Cursor,
    value: Vector,
    ahead: number,
    count?: Local<"i32">,
  ) => {
    const quad = { dtype: FLOAT, parts: [value] } as const;
    if (count === undefined) write(f, cursor, quad, ahead);
    else {
      f.if(
        i32.ge_s(count, i32.const(4)),
        () => write(f, cursor, quad, ahead),
        () => write(f, cursor, quad, ahead, count),
      );
    }
  };
  const row = f.let(i32.const(0));
  f.for(row, rows.extent, 1, () => {
    const tops = [0, 1, 2, 3].map(() => max.accumulator());
    overRow(([, x], ahead, count) => {
      const value = read(f, x!, ahead);
      max.accumulate(
        tops[ahead]!,
        count ? limitLanes(f, value, max.identity, count) : value,
      );
    });
    for (const other of tops.slice(1)) max.accumulate(tops[0]!, other);
    max.reduceLanes(tops[0]!);
    const top = tops[0]!.parts[0]!;

    const parts = Array.from({ length: SUMS }, () => sum.accumulator());
    const total = whole.accumulator();
    const here = cursors();
    const left = f.let(columns.extent);
    const limit = i32.const(unroll * BLOCK);
    f.loop((again) => {
      parts.forEach((part) => sum.reset(part));
      const block = f.let(select(i32.lt_s(left, limit), left, limit));
      over(here, block, ([out, x], ahead, count) => {
        const value = read(f, x!, ahead).parts[0]!;
        const below = f.let(f32x4.sub(value, top));
        const power = expBelow(lanes, below);
        const quad = { dtype: FLOAT, parts: [power] } as const;
        sum.accumulate(
          parts[ahead]!,
          count ? limitLanes(f, quad, sum.identity, count) : quad,
        );
        // Memory is written while the powers are computed.
        store(out!, logarithm ? below : power, ahead, count);
      });
      for (const other of parts.slice(1)) sum.accumulate(parts[0]!, other);
      whole.accumulate(total, convert(f, parts[0]!, "float64"));
      f.increase(left, -unroll * BLOCK);
      f.branchIf(again, i32.gt_s(left, i32.const(0)));
    });
    whole.reduceLanes(total);
    const norm = normOf(lanes, total, logarithm);

    overRow(([out], ahead, count) => {
      const first = read(f, out!, ahead).parts[0]!;
      const value = logarithm ? f32x4.sub(first, norm) : f32x4.mul(first, norm);
      store(out!, f.let(value), ahead, count);
    });
    pointers.forEach((pointer, k) => f.increase(pointer, rows.steps[k]!));
  });
}

/** What is subtracted from logarithms, or multiplied with powers. */
function normOf(lanes: Lanes, sum: Quad, logarithm: boolean): Vector {
  const { f } = lanes;
  const total = convert(f, sum, FLOAT).parts[0]!;
  return logarithm ? log(lanes, total) : f.let(f32x4.div(f.f32x4(1), total));
}

/** Vectors of neighbouring rows that are worked on together: a cache line. */
const ROW_VECTORS = 4;

/** Lanes across neighbouring rows. */
function acrossRows(
  lanes: Lanes,
  { f, pointers, rows, columns }: MatrixEmitContext,
  logarithm: boolean,
): void {
  const left = f.let(rows.extent);
  const here = pointers.map((pointer) => f.let(pointer));
  const some = (vectors: number) => {
    const count = vectors === 1 ? left : null;
    rowsTogether(lanes, f, here, columns, vectors, count, logarithm);
    for (const pointer of here) f.increase(pointer, 16 * vectors);
    f.increase(left, -4 * vectors);
  };
  for (const vectors of [ROW_VECTORS, 1]) {
    const enough = vectors === 1
      ? i32.gt_s(left, i32.const(0))
      : i32.ge_s(left, i32.const(4 * vectors));
    f.if(enough, () => {
      f.loop((again) => {
        some(vectors);
        f.branchIf(again, enough);
      });
    });
  }
}

/** Normalises some vectors of rows, of the last one perhaps a part. */
function rowsTogether(
  lanes: Lanes,
  f: FunctionBuilder,
  pointers: readonly Local<"i32">[],
  columns: MatrixEmitContext["columns"],
  vectors: number,
  count: Local<"i32"> | null,
  logarithm: boolean,
): void {
  const each = <T>(make: (v: number) => T) =>
    Array.from({ length: vectors }, (_, v) => make(v));
  const down = (body: (out: Local<"i32">, x: Local<"i32">) => void) => {
    const [out, x] = pointers.map((pointer) => f.let(pointer));
    const position = f.let(i32.const(0));
    f.for(position, columns.extent, 1, () => {
      body(out!, x!);
      f.increase(out!, columns.steps[0]!);
      f.increase(x!, columns.steps[1]!);
    });
  };
  const store = (out: Local<"i32">, v: number, value: Vector) => {
    if (count === null) f.do(v128.store(out, value, 16 * v));
    else storeLanes(f, out, value, count);
  };
  const max = new Combiner(lanes, "top", FLOAT);
  const tops = each(() => max.accumulator());
  down((_, x) => {
    tops.forEach((top, v) => {
      const value = f.let(v128.load(x, 16 * v));
      max.accumulate(top, { dtype: FLOAT, parts: [value] });
    });
  });
  const below = (x: Local<"i32">, v: number) =>
    f.let(f32x4.sub(v128.load(x, 16 * v), tops[v]!.parts[0]!));
  const sum = new Combiner(lanes, "sum", FLOAT);
  const whole = new Combiner(lanes, "sum", "float64");
  const parts = each(() => sum.accumulator());
  const totals = each(() => whole.accumulator());
  const summed = f.let(i32.const(0));
  const flush = () => {
    totals.forEach((total, v) => {
      whole.accumulate(total, convert(f, parts[v]!, "float64"));
      sum.reset(parts[v]!);
    });
    f.set(summed, i32.const(0));
  };
  down((out, x) => {
    parts.forEach((part, v) => {
      const power = expBelow(lanes, below(x, v));
      sum.accumulate(part, { dtype: FLOAT, parts: [power] });
      if (!logarithm) store(out, v, power);
    });
    f.increase(summed, 1);
    f.if(i32.ge_s(summed, i32.const(BLOCK_ROWS)), flush);
  });
  flush();
  const norms = totals.map((total) => normOf(lanes, total, logarithm));
  down((out, x) => {
    norms.forEach((norm, v) => {
      const value = logarithm
        ? f32x4.sub(below(x, v), norm)
        : f32x4.mul(v128.load(out, 16 * v), norm);
      store(out, v, f.let(value));
    });
  });
}

/** Writes four floats, or as many as are left. */
function storeLanes(
  f: FunctionBuilder,
  to: Local<"i32">,
  value: Vector,
  left: Local<"i32">,
): void {
  const quad = { dtype: FLOAT, parts: [value] } as const;
  const neighbours = [4, 8, 12].map((bytes) => i32.const(bytes));
  f.if(
    i32.ge_s(left, i32.const(4)),
    () => storeDense(f, quad, to),
    () => storeScattered(f, quad, to, neighbours, left),
  );
}
