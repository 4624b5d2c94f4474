/**
 * `softmax` and `logSoftmax` with lanes across neighbouring rows.
 *
 * @module
 */

import { f32x4, i32, type Local, v128 } from "../assembler.ts";
import { Combiner } from "../accumulator.ts";
import { expBelow } from "../math/exponential.ts";
import type { Lanes, Vector } from "../math/lanes.ts";
import { convert, type Quad } from "../values.ts";
import { inGroups, type MatrixEmitContext, storeLanes } from "./matrices.ts";

const FLOAT = "float32";
/** Powers that are summed before their sum is added to the whole. */
const BLOCK_ROWS = 64;

/** Makes what rows are normalised with out of the sums of their powers. */
export type NormOf = (lanes: Lanes, sum: Quad, logarithm: boolean) => Vector;

/** Lanes across neighbouring rows. */
export function acrossRows(
  lanes: Lanes,
  { f, pointers, rows, columns }: MatrixEmitContext,
  normOf: NormOf,
  logarithm: boolean,
): void {
  const left = f.let(rows.extent);
  const here = pointers.map((pointer) => f.let(pointer));
  const some = (vectors: number) => {
    const count = vectors === 1 ? left : null;
    const context = { f, pointers: here, columns, normOf, logarithm };
    rowsTogether(lanes, context, vectors, count);
    for (const pointer of here) f.increase(pointer, 16 * vectors);
  };
  inGroups(f, left, some);
}

/** What the emitters of some rows share. */
interface RowsContext extends Pick<MatrixEmitContext, "f" | "columns"> {
  /** The address of the first of the rows in each buffer. */
  readonly pointers: readonly Local<"i32">[];
  readonly normOf: NormOf;
  readonly logarithm: boolean;
}

/** Normalises some vectors of rows, of the last one perhaps a part. */
function rowsTogether(
  lanes: Lanes,
  { f, pointers, columns, normOf, logarithm }: RowsContext,
  vectors: number,
  count: Local<"i32"> | null,
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
